import type { VolumeStep } from '../../runtime/shared/prices';

/** Cost of a month's gigabytes where each step's price holds for its own terabytes (decimal, as AWS bills them). */
export function volumeCost(steps: readonly VolumeStep[], gigabytes: number): number {
  let cost = 0;
  let from = 0;
  for (const { upToTerabytes, usdPerGigabyte } of steps) {
    const upTo = upToTerabytes * 1_000;
    cost += Math.max(0, Math.min(gigabytes, upTo) - from) * usdPerGigabyte;
    from = upTo;
  }
  return cost;
}
