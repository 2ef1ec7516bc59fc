/** Redis keys, one hash tag per stream. */
export const keys = {
  sessions: (streamId: string) => `viewers:{${streamId}}:sessions`,
  facts: (streamId: string) => `viewers:{${streamId}}:facts`,
  totals: (streamId: string) => `viewers:{${streamId}}:totals`,
  uniques: (streamId: string) => `viewers:{${streamId}}:uniques`,
  minute: (streamId: string, minuteMs: number) => `viewers:{${streamId}}:minute:${minuteMs}`,
  /** Minutes whose figures are not final in the document store: `stream minute`, by when they end. */
  openMinutes: 'viewers:{minutes}:open',
} as const;

const minuteLengthMs = 60_000;

/** The start of the minute that an instant is in. */
export function minuteOf(atMs: number): number {
  return Math.floor(atMs / minuteLengthMs) * minuteLengthMs;
}
