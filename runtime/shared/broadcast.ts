import { z } from 'zod';
import { mediaAccesses } from './media-layout';

/**
 * What the ingest gate, the packager and the stream service agree on about a broadcast in progress.
 *
 * The gate that accepted a publisher writes its session to Redis and asks for work; a packager with a free slot takes
 * the lease and pulls the feed from the gate. Packager and gate never learn each other's addresses by any other way, so
 * either may die and be replaced.
 */

/** BCP 47: language, then script and region where they tell languages apart (`en`, `pt-BR`, `zh-Hant`). */
export const captionLanguage = z.string().regex(/^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?$/);

export const sources = ['rtmp', 'room'] as const;
export type Source = (typeof sources)[number];

/** One accepted publisher. Written by the gate, kept alive by it, gone when it ends or its gate dies. */
export const publishSession = z.object({
  streamId: z.string(),
  channelId: z.string(),
  /** Key that published, so that a revocation finds its session. */
  keyId: z.string(),
  /** New for each accepted publish of the same stream. */
  sessionId: z.string(),
  source: z.enum(sources),
  region: z.string(),
  /** Where the gate serves the FLV feed; `rtmp` only. */
  feedUrl: z.url().optional(),
  /** LiveKit room; `room` source, or an RTMP stream that is bridged. */
  roomName: z.string().optional(),
  bridge: z.boolean(),
  /** Seconds the stream waits for its encoder to come back before it ends. */
  resumeGraceSeconds: z.number().int(),
  /** Length of rewind while live; 0 is none. */
  dvrSeconds: z.number().int(),
  record: z.boolean(),
  retentionDays: z.number().int(),
  mediaAccess: z.enum(mediaAccesses),
  /** Languages that the broadcast has captions in; absent in what was written before there were any. */
  captionLanguages: z.array(captionLanguage).default([]),
  startedAtMs: z.number(),
});
export type PublishSession = z.infer<typeof publishSession>;

/** Identity in its LiveKit room of the publisher that a gate accepted or bridged. Nobody else publishes there. */
export const publisherIdentity = (sessionId: string) => `publisher-${sessionId}`;

/** Redis keys in the application group. The hash tag keeps what one script touches in one slot. */
export const broadcastKeys = {
  /** JSON {@link PublishSession}, expiring unless its gate renews it. */
  session: (streamId: string) => `broadcast:{${streamId}}:session`,
  /** Hash `owner`, `token`, expiring unless its packager renews it. */
  lease: (streamId: string) => `broadcast:{${streamId}}:lease`,
  /** Counter of fencing tokens; never expires while the stream can be resumed. */
  fence: (streamId: string) => `broadcast:{${streamId}}:fence`,
  /** JSON of what the packager has published; fenced; what a successor continues from. */
  progress: (streamId: string) => `broadcast:{${streamId}}:progress`,
  /**
   * Present when the broadcast is over for good: its encoder said goodbye or the stream was ended. Written by the gate
   * or the stream service with {@link endTtlSeconds}; the packager then ends without waiting out the grace.
   */
  end: (streamId: string) => `broadcast:{${streamId}}:end`,
  /** List of published segments, oldest first; appended with `progress` by the packager. */
  timeline: (streamId: string) => `broadcast:{${streamId}}:timeline`,
  /** Set of stream ids whose recording is to be made, per region. */
  recordings: (region: string) => `broadcasts:{${region}}:recordings`,
  recordingLease: (streamId: string) => `broadcast:{${streamId}}:recording-lease`,
  recordingFailures: (streamId: string) => `broadcast:{${streamId}}:recording-failures`,
  /** Set of stream ids that are to be packaged, leased or not, per region. */
  work: (region: string) => `broadcasts:{${region}}:work`,
  /** Sorted set packager id → free slots; its members' heartbeats are `slotHeartbeat`. Per region. */
  slots: (region: string) => `broadcasts:{${region}}:slots`,
  slotHeartbeat: (region: string, packagerId: string) => `broadcasts:{${region}}:packager:${packagerId}`,
} as const;

/** A session or lease not renewed for this long is dead. */
export const sessionTtlSeconds = 8;
export const leaseTtlSeconds = 6;
export const renewEverySeconds = 2;
/** How long an end mark stays: longer than any packager needs to see it, shorter than a stream's next life. */
export const endTtlSeconds = 120;

/** The gate keeps this much of the newest media for a packager that takes over. */
export const spoolSeconds = 15;
export const spoolBytes = 32 * 1024 * 1024;

/** Gate's feed: `GET <feedUrl>?fromMs=<media time>`, service token; body `video/x-flv`, endless while the session is. */
export const feedFromParameter = 'fromMs';

export const broadcastStates = ['created', 'waiting', 'live', 'interrupted', 'ended', 'archived'] as const;
export type BroadcastState = (typeof broadcastStates)[number];

/** What gates and packagers tell the stream service, `POST /api/stream/internal/broadcasts/:streamId/events`. */
export const broadcastEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('publish-started'), sessionId: z.string(), source: z.enum(sources), region: z.string() }),
  z.object({
    type: z.literal('publish-stopped'),
    sessionId: z.string(),
    /** `ended`: the encoder said goodbye; `lost`: the connection broke; `revoked`, `replaced`: ours. */
    reason: z.enum(['ended', 'lost', 'revoked', 'replaced', 'refused']),
  }),
  z.object({
    type: z.literal('packaging'),
    /** Fencing token of the packager that says so. */
    token: z.number().int(),
    renditions: z.array(z.object({ name: z.string(), width: z.number().int(), height: z.number().int() })),
    hasAudio: z.boolean(),
  }),
  z.object({
    type: z.literal('health'),
    token: z.number().int(),
    health: z.object({
      realTimeFactor: z.number(),
      uploadLagSeconds: z.number(),
      sourceKbps: z.number(),
      frameRate: z.number(),
      keyFrameSeconds: z.number(),
      activeRenditions: z.array(z.string()),
      /** Whether the top rendition is the encoder's own video. */
      copied: z.boolean(),
      /** Plain sentences for the broadcaster, most likely cause first. */
      hints: z.array(z.string()),
    }),
  }),
  z.object({
    type: z.literal('packaging-ended'),
    token: z.number().int(),
    durationSeconds: z.number(),
    segments: z.number().int(),
  }),
  z.object({
    type: z.literal('recording-ready'),
    durationSeconds: z.number(),
    bytes: z.number().int(),
    width: z.number().int(),
    height: z.number().int(),
  }),
  z.object({ type: z.literal('recording-failed'), reason: z.string() }),
]);
export type BroadcastEvent = z.infer<typeof broadcastEvent>;

/** What a gate asks before it reads any media, `POST /api/stream/internal/publish-authorizations`. */
export const publishRequest = z.object({
  streamKey: z.string().max(256),
  protocol: z.enum(['rtmp', 'whip']),
  region: z.string(),
  clientAddress: z.string(),
});

/** The yes; a no is a problem: `stream-key-invalid`, `stream-key-revoked`, `stream-already-live`, `capacity`. */
export const publishGrant = publishSession
  .pick({
    streamId: true,
    channelId: true,
    keyId: true,
    bridge: true,
    resumeGraceSeconds: true,
    dvrSeconds: true,
    record: true,
    retentionDays: true,
    mediaAccess: true,
    captionLanguages: true,
  })
  .extend({
    roomName: z.string(),
    /** What happens to a publisher that is already there. */
    onSecondPublisher: z.enum(['refuse', 'take-over']),
  });
export type PublishGrant = z.infer<typeof publishGrant>;

/**
 * Server-sent events of `GET /api/stream/internal/revocations?after=<id>`, in order, replayable; `id` is the event's id.
 * Without a stream the key is revoked: all it publishes stops. With one, that stream was ended from outside: what the key
 * publishes to it stops, and the key stays good. A comment line comes every few seconds, so that silence is a lost line.
 */
export const revocation = z.object({ id: z.number().int(), keyId: z.string(), streamId: z.string().nullable() });
export type Revocation = z.infer<typeof revocation>;

/** What was said, and when: milliseconds since the epoch, the clock of EXT-X-PROGRAM-DATE-TIME. */
export const captionCue = z.object({
  language: captionLanguage,
  startMs: z.number().int(),
  endMs: z.number().int(),
  /** Lines of plain text. */
  text: z.string(),
});
export type CaptionCue = z.infer<typeof captionCue>;

/**
 * What a cell away from home tells the stream service every `renewEverySeconds`, `PUT /api/stream/internal/cells/:region`:
 * home cannot read the cell's Redis. The home region needs no report.
 */
export const cellReport = z.strictObject({
  accepting: z.boolean(),
  freeSlots: z.number().int().min(0),
  /** Sessions that are alive in the cell's Redis. */
  sessions: z.array(z.object({ streamId: z.string(), sessionId: z.string() })).max(1_000),
});
export type CellReport = z.infer<typeof cellReport>;
