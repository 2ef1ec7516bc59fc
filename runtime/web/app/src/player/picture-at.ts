import type { StoryboardCue } from '../../../../shared/storyboard';

/** A segment of the playlist that plays, in the media element's time. */
export interface ListedSegment {
  readonly sequence: number;
  readonly startSeconds: number;
}

/**
 * The picture of a moment.
 *
 * @param seconds in the media element's time, which begins later than the broadcast in a playlist that slides
 * @param listed segments of the playlist that plays: the sequence numbers they share with cues tell how much later
 */
export function pictureAt(
  cues: readonly StoryboardCue[],
  seconds: number,
  listed: readonly ListedSegment[],
): StoryboardCue | undefined {
  const presentationSeconds = seconds + laterBy(cues, listed);
  return cues.findLast(({ startSeconds }) => startSeconds <= presentationSeconds);
}

function laterBy(cues: readonly StoryboardCue[], listed: readonly ListedSegment[]): number {
  const starts = new Map(listed.map(({ sequence, startSeconds }) => [sequence, startSeconds]));
  for (const cue of cues) {
    const start = starts.get(cue.sequence);
    if (start !== undefined) return cue.startSeconds - start;
  }
  return 0;
}

/** Diameter of a range input's thumb, whose middle never reaches the ends of the bar. */
const thumbPixels = 16;

/** The value of a range input from 0 to `endSeconds` at `x` pixels from its left. */
export function secondsAt(x: number, barPixels: number, endSeconds: number): number {
  const share = (x - thumbPixels / 2) / (barPixels - thumbPixels);
  return Math.min(1, Math.max(0, share)) * endSeconds;
}
