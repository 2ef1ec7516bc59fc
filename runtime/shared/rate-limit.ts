import { join } from 'node:path';
import type { RateLimitClass } from './contract';
import type { Logger } from './log';
import { defineScript, type RedisClient } from './redis';

export interface Limit {
  /** Units allowed at once after a quiet time. */
  readonly burst: number;
  /** Units that come back per minute. */
  readonly perMinute: number;
  /** What is counted. `ip` is the client's address, IPv6 as its /56. */
  readonly subject: 'ip' | 'user';
}

/** The numbers behind the route contracts' class names. */
export const limits = {
  read: { burst: 60, perMinute: 600, subject: 'ip' },
  write: { burst: 20, perMinute: 60, subject: 'user' },
  login: { burst: 10, perMinute: 20, subject: 'ip' },
  signup: { burst: 5, perMinute: 5, subject: 'ip' },
  refresh: { burst: 20, perMinute: 30, subject: 'ip' },
  publish: { burst: 10, perMinute: 20, subject: 'ip' },
  ticket: { burst: 20, perMinute: 60, subject: 'ip' },
  captions: { burst: 30, perMinute: 120, subject: 'ip' },
  beacon: { burst: 30, perMinute: 120, subject: 'ip' },
} as const satisfies Record<Exclude<RateLimitClass, 'none'>, Limit>;

export type LimitName = keyof typeof limits;

export interface Verdict {
  readonly allowed: boolean;
  /** Seconds until another unit is free; 0 when one is. */
  readonly retryAfterSeconds: number;
}

export interface RateLimiter {
  /** Takes one unit of `limit` for `subject`. `name` keeps the counters of different limits apart. Never throws. */
  take(name: string, limit: Limit, subject: string): Promise<Verdict>;
}

/** While Redis is away each process allows this share of the limit: stricter, never unlimited, never shut. */
const localShare = 0.25;

/** Redis first; while it is away, a stricter limit in memory. */
export function createRateLimiter(redis: RedisClient, log: Logger): RateLimiter {
  defineScript(redis, 'gcra', join(__dirname, 'gcra.lua'), 1);
  const client = redis as RedisClient & {
    gcra(key: string, intervalMicros: number, toleranceMicros: number): Promise<[number, number]>;
  };
  const fallback = createLocalRateLimiter(localShare);
  let fellBack = false;
  return {
    async take(name, limit, subject) {
      const { intervalMs, toleranceMs } = timing(limit);
      try {
        const [allowed, waitMicros] = await client.gcra(
          `limit:${name}:{${subject}}`,
          Math.round(intervalMs * 1_000),
          Math.round(toleranceMs * 1_000),
        );
        fellBack = false;
        return { allowed: allowed === 1, retryAfterSeconds: waitMicros / 1e6 };
      } catch (error) {
        if (!fellBack) log.warn({ err: error }, 'rate limits are kept in memory while Redis is away');
        fellBack = true;
        return fallback.take(name, limit, subject);
      }
    },
  };
}

const memorySubjects = 50_000;

/** The same algorithm in memory, bounded; `share` scales every limit. */
export function createLocalRateLimiter(share = 1, now: () => number = Date.now): RateLimiter {
  const arrivals = new Map<string, number>();
  return {
    async take(name, limit, subject) {
      const { intervalMs, toleranceMs } = timing({
        ...limit,
        burst: Math.max(1, limit.burst * share),
        perMinute: limit.perMinute * share,
      });
      const key = `${name}:${subject}`;
      const nowMs = now();
      const arrival = Math.max(arrivals.get(key) ?? nowMs, nowMs);
      const waitMs = arrival - toleranceMs - nowMs;
      if (waitMs > 0) return { allowed: false, retryAfterSeconds: waitMs / 1_000 };
      if (arrivals.size >= memorySubjects) arrivals.delete(arrivals.keys().next().value as string);
      arrivals.set(key, arrival + intervalMs);
      return { allowed: true, retryAfterSeconds: Math.max(0, arrival + intervalMs - toleranceMs - nowMs) / 1_000 };
    },
  };
}

function timing({ burst, perMinute }: Limit): { readonly intervalMs: number; readonly toleranceMs: number } {
  const intervalMs = 60_000 / perMinute;
  return { intervalMs, toleranceMs: intervalMs * (burst - 1) };
}

/** The subject of an address: IPv4 whole, IPv6 as its /56, which is what one subscriber is given (RIPE-690). */
export function addressSubject(address: string): string {
  const v4 = address.startsWith('::ffff:') ? address.slice(7) : address;
  if (!v4.includes(':')) return v4;
  const [head = '', tail = ''] = v4.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const missing = v4.includes('::') ? 8 - left.length - right.length : 0;
  const groups = [...left, ...Array<string>(missing).fill('0'), ...right];
  const prefix = groups.slice(0, 4).map((group) => Number.parseInt(group || '0', 16));
  prefix[3] = (prefix[3] ?? 0) & 0xff00;
  return `${prefix.map((group) => group.toString(16)).join(':')}::/56`;
}
