import type { ListedSegment } from '../../test/packager/conformance';

export interface Hole {
  readonly sequence: number;
  /** Between the end of what was before and the start of this segment, by dates and durations. */
  readonly seconds: number;
  /** Whether players are told: a discontinuity here, or a gap before or here. */
  readonly tagged: boolean;
}

/**
 * Where the dates of segments do not follow from the durations of all segments before. Pure.
 *
 * @param toleranceSeconds how far a segment may begin from its date
 */
export function holes(segments: readonly ListedSegment[], toleranceSeconds: number): readonly Hole[] {
  const found: Hole[] = [];
  let dueMs: number | undefined;
  let before: ListedSegment | undefined;
  for (const segment of segments) {
    const { sequence, programDateTimeMs: startMs = Number.NaN } = segment;
    const tagged = segment.discontinuity || segment.gap || (before?.gap ?? false);
    const seconds = (startMs - (dueMs ?? startMs)) / 1_000;
    const isHole = !(Math.abs(seconds) <= toleranceSeconds);
    if (isHole) found.push({ sequence, seconds, tagged });
    // A run of segments is measured from its start: small errors must not add up unseen.
    dueMs = (isHole || tagged || dueMs === undefined ? startMs : dueMs) + segment.seconds * 1_000;
    before = segment;
  }
  return found;
}
