import type { Progress, TimelineEntry } from '../lease/progress';

/** One attempt's stretch of a broadcast: media with one set of codec parameters and one clock. */
export interface RecordingPart {
  readonly attempt: number;
  /** Renditions whose segments are taken; no video for a broadcast without. */
  readonly video: string | undefined;
  readonly audio: string;
  readonly sequences: readonly number[];
  /** Where the part begins in the recording. */
  readonly startSeconds: number;
  readonly durationSeconds: number;
}

/** Divides a timeline into parts for a recording of the top rendition. Gaps are left out. Pure. */
export function partsOf(progress: Progress, timeline: readonly TimelineEntry[]): readonly RecordingPart[] {
  const parts: RecordingPart[] = [];
  const top = progress.video[0]?.name;
  const audio = progress.audio?.name;
  if (audio === undefined) return parts;
  let startSeconds = 0;
  for (const entries of groupByAttempt(timeline.filter(({ gap }) => !gap))) {
    const attempt = entries[0]?.attempt ?? 0;
    const durationSeconds = entries.reduce((sum, { seconds }) => sum + seconds, 0);
    parts.push({
      attempt,
      video: top === undefined ? undefined : (progress.aliases[attempt]?.[top] ?? top),
      audio,
      sequences: entries.map(({ sequence }) => sequence),
      startSeconds,
      durationSeconds,
    });
    startSeconds += durationSeconds;
  }
  return parts;
}

function groupByAttempt(timeline: readonly TimelineEntry[]): TimelineEntry[][] {
  const groups: TimelineEntry[][] = [];
  for (const entry of timeline) {
    const last = groups.at(-1);
    if (last?.[0]?.attempt === entry.attempt) last.push(entry);
    else groups.push([entry]);
  }
  return groups;
}
