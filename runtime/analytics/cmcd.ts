import { z } from 'zod';

/**
 * One player report, with the keys of Common Media Client Data version 2 (CTA-5004-A) and their units: milliseconds
 * for durations, kbit/s for rates. Only what we aggregate is taken; the rest of the vocabulary is refused.
 */
export const cmcdEvent = z.strictObject({
  /** Sequence number within the session: with the session it makes a report idempotent. */
  sn: z.number().int().min(0).max(10_000_000),
  /** When it happened, Unix milliseconds by the player's clock. */
  ts: z.number().int().min(0).max(8_640_000_000_000_000),
  /** Event: play state, interval, error, bitrate change, response received. */
  e: z.enum(['ps', 't', 'e', 'bc', 'rr']),
  /** Player state: starting, playing, seeking, rebuffering, paused, waiting, ended, fatal error, quit, preloading. */
  sta: z.enum(['s', 'p', 'k', 'r', 'a', 'w', 'e', 'f', 'q', 'd']).optional(),
  /** Encoded bitrate. */
  br: z.number().int().min(0).max(1_000_000).optional(),
  /** Buffer length. */
  bl: z.number().int().min(0).max(86_400_000).optional(),
  /** Buffer starvation since the report before. */
  bs: z.boolean().optional(),
  /** Length of that starvation. */
  bsd: z.number().int().min(0).max(86_400_000).optional(),
  /** Measured throughput. */
  mtp: z.number().int().min(0).max(100_000_000).optional(),
  /** Live latency. */
  ltc: z.number().int().min(0).max(86_400_000).optional(),
  /** Media start delay. */
  msd: z.number().int().min(0).max(86_400_000).optional(),
  /** Dropped frames, absolute in this session. */
  dfa: z.number().int().min(0).max(1_000_000_000).optional(),
  /** Error code. */
  ec: z.string().max(64).optional(),
  /** HTTP status of the response that was received. */
  rc: z.number().int().min(0).max(599).optional(),
  /** Time to its first and last byte. */
  ttfb: z.number().int().min(0).max(3_600_000).optional(),
  ttlb: z.number().int().min(0).max(3_600_000).optional(),
});
export type CmcdEvent = z.infer<typeof cmcdEvent>;
