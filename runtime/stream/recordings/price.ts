import { prices } from '../../shared/prices';
import type { restoreTiers } from '../contract';

export type RestoreTier = (typeof restoreTiers)[number];

/** Longest waits, S3 User Guide, "Understanding archive retrieval options" for Deep Archive. */
export const restoreHours = { standard: 12, bulk: 48 } satisfies Record<RestoreTier, number>;

const bytesPerGb = 2 ** 30;
const daysPerMonth = 30;

/** Deep Archive bills an object for this long, however early it is deleted. */
const minimumDays = 180;

/** US dollars to bring `bytes` back and to keep the copy in standard storage for `days` days. */
export function restorePriceUsd(bytes: number, tier: RestoreTier, days: number): number {
  const gb = bytes / bytesPerGb;
  const retrieval = tier === 'standard' ? prices.s3RestoreStandard : prices.s3RestoreBulk;
  return roundCents(gb * retrieval.usd + gb * prices.s3Standard.usd * (days / daysPerMonth));
}

/** US dollars still owed for an object deleted `archivedDays` days after it was archived. */
export function earlyDeletionUsd(bytes: number, archivedDays: number): number {
  const daysLeft = Math.max(0, minimumDays - archivedDays);
  return roundCents((bytes / bytesPerGb) * prices.s3DeepArchive.usd * (daysLeft / daysPerMonth));
}

/** To a hundredth of a cent: a small recording does not cost nothing. */
const roundCents = (usd: number) => Math.round(usd * 10_000) / 10_000;
