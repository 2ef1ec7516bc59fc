import type { ListedSegment } from '../../test/packager/conformance';

export interface Hole {
  readonly sequence: number;
  readonly startMs: number;
  /** Between the end of the segment before and the start of this one, by their dates. */
  readonly seconds: number;
  /** Whether players are told: a discontinuity, or a gap before or here. */
  readonly tagged: boolean;
}

/** Dates are in milliseconds and durations in microseconds; audio is cut to whole AAC frames of 21 ms. */
const roundingSeconds = 0.05;

/** Where the dates of successive segments do not follow from their durations. Pure. */
export function holes(segments: readonly ListedSegment[]): readonly Hole[] {
  return segments.slice(1).flatMap((segment, index) => {
    const before = segments[index];
    if (before?.programDateTimeMs === undefined || segment.programDateTimeMs === undefined) return [];
    const seconds = (segment.programDateTimeMs - before.programDateTimeMs) / 1_000 - before.seconds;
    if (Math.abs(seconds) <= roundingSeconds) return [];
    const tagged = segment.discontinuity || segment.gap || before.gap;
    return [{ sequence: segment.sequence, startMs: segment.programDateTimeMs, seconds, tagged }];
  });
}
