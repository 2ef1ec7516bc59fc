export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Milliseconds of a span that no segment covers. Pure.
 *
 * @param starts when each segment's first picture was made
 * @param longestMs a segment covers the time to the next, but no more than this
 */
export function uncoveredMs(span: Span, starts: readonly number[], longestMs: number): number {
  const sorted = [...starts].sort((a, b) => a - b);
  let coveredToMs = span.fromMs;
  let missing = 0;
  for (const start of sorted) {
    if (start >= span.toMs) break;
    missing += Math.max(0, start - coveredToMs);
    coveredToMs = Math.max(coveredToMs, start + longestMs);
  }
  return missing + Math.max(0, span.toMs - coveredToMs);
}
