import type { CaptionCue } from '../../shared/broadcast';
import { timestamp } from '../../shared/web-vtt';

/** Where a media segment is on three clocks. */
export interface SegmentTime {
  /** Wall clock, in milliseconds since the epoch. */
  readonly startMs: number;
  readonly endMs: number;
  /** The media's own clock, in seconds: `tfdt` of its first frame. */
  readonly mediaSeconds: number;
  /** Wall clock of the broadcast's first frame: zero of the cues' times, the same in every segment. */
  readonly firstStartMs: number;
}

/** Name of a language's rendition, and first part of its objects' keys. */
export const captionRendition = (language: string): string => `captions-${language}`;

const mpegTicks = 90_000;
const mpegWrap = 2 ** 33;

/**
 * A WebVTT segment of a subtitles rendition (RFC 8216 § 3.5). A cue that reaches into several segments is in each of
 * them with the same times, by which players know that it is one. Pure.
 */
export function captionSegment(cues: readonly CaptionCue[], time: SegmentTime): string {
  const seconds = (ms: number) => Math.max(0, ms - time.firstStartMs) / 1_000;
  const ticks = Math.round(time.mediaSeconds * mpegTicks) % mpegWrap;
  const header = `WEBVTT\nX-TIMESTAMP-MAP=LOCAL:${timestamp(seconds(time.startMs))},MPEGTS:${ticks}\n`;
  const blocks = cues.map(
    ({ startMs, endMs, text }) => `${timestamp(seconds(startMs))} --> ${timestamp(seconds(endMs))}\n${cueText(text)}\n`,
  );
  return [header, ...blocks].join('\n');
}

/** Cue text means what was said: nothing in it is markup, and an empty line would end it. */
function cueText(text: string): string {
  const lines = text.split(/\r\n?|\n/).map((line) => line.trim());
  return lines
    .filter((line) => line !== '')
    .join('\n')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
