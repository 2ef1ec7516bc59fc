import { z } from 'zod';
import { broadcastKeys, captionLanguage, publishSession } from '../../shared/broadcast';
import type { RedisClient } from '../../shared/redis';

/** What playlists say about one rendition. */
export const announcedRendition = z.object({
  name: z.string(),
  width: z.number().int(),
  height: z.number().int(),
  codec: z.string(),
  /** Bits per second of its own media: the highest of any segment, and the mean. */
  peakBandwidth: z.number().int(),
  averageBandwidth: z.number().int(),
});
export type AnnouncedRendition = z.infer<typeof announcedRendition>;

/** What the packager has published of a broadcast: a successor continues from here. */
export const progressSchema = z.object({
  /** Session that the newest segment came from; its settings hold while the encoder is away. */
  session: publishSession,
  /** The source's time up to which all is published, in the session's own milliseconds. */
  mediaMs: z.number(),
  nextSequence: z.number().int(),
  targetSeconds: z.number().int(),
  frameRate: z.number(),
  /** Top first; empty for a broadcast without video. */
  video: z.array(announcedRendition),
  audio: announcedRendition.nullable(),
  /** By attempt: renditions that had no segments of their own → the one whose segments stand in. */
  aliases: z.record(z.string(), z.record(z.string(), z.string())),
  /** When the encoder went away; absent while it is there. */
  interruptedAtMs: z.number().optional(),
  /** Languages of the caption renditions that players were told of. */
  captionLanguages: z.array(captionLanguage).default([]),
  ended: z.boolean(),
});
export type Progress = z.infer<typeof progressSchema>;

/** One published segment: the same for all renditions. */
export const timelineEntrySchema = z.object({
  sequence: z.number().int(),
  attempt: z.number().int(),
  seconds: z.number(),
  audioSeconds: z.number(),
  /** Wall clock of its first frame. */
  startMs: z.number(),
  /** Storage was away for so long that the media had to be dropped. */
  gap: z.boolean().optional(),
});
export type TimelineEntry = z.infer<typeof timelineEntrySchema>;

export interface Published {
  readonly progress: Progress;
  /** Oldest first. */
  readonly timeline: TimelineEntry[];
}

/** What has been published of a broadcast; undefined when nothing was, or it is too long ago. */
export async function readProgress(redis: RedisClient, streamId: string): Promise<Published | undefined> {
  const text = await redis.get(broadcastKeys.progress(streamId));
  if (text === null) return undefined;
  const entries = await redis.lrange(broadcastKeys.timeline(streamId), 0, -1);
  return {
    progress: progressSchema.parse(JSON.parse(text)),
    timeline: entries.map((entry) => timelineEntrySchema.parse(JSON.parse(entry))),
  };
}
