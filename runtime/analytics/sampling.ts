/** Viewers of one stream that all report; of more, a sample that stays this large. */
const reportingViewers = 5_000;
const smallestRate = 0.01;

/**
 * The share of a stream's players that should report, 0 to 1.
 * @param backlog how full the event buffer is, 0 to 1: past half, fewer are asked
 */
export function sampleRate(viewers: number, backlog: number): number {
  const byAudience = Math.min(1, reportingViewers / Math.max(1, viewers));
  const byBacklog = backlog <= 0.5 ? 1 : Math.max(0, (1 - backlog) * 2);
  return Math.max(smallestRate, Math.round(byAudience * byBacklog * 100) / 100);
}
