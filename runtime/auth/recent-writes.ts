import { longestLagSeconds } from '../shared/postgres';
import type { RedisClient } from '../shared/redis';
import type { Freshness } from './accounts/store';

/** Replicas are checked every second: one that just fell behind may be read for that long. */
const rememberSeconds = longestLagSeconds + 2;

/** Who wrote a moment ago, across all pods: they read from the writer, so that they see what they did. */
export interface RecentWrites {
  mark(userId: string): Promise<void>;
  freshnessFor(userId: string): Promise<Freshness>;
}

/** Where there are no replicas there is nothing to remember. */
export const withoutReplicas: RecentWrites = {
  mark: async () => {},
  freshnessFor: async () => 'recent',
};

/** Without Redis everyone reads from the writer. `redis` must be a client that fails fast. */
export function createRecentWrites(redis: RedisClient): RecentWrites {
  const key = (userId: string) => `auth:{${userId}}:wrote`;
  return {
    async mark(userId) {
      await redis.set(key(userId), '1', 'EX', rememberSeconds).catch(() => {});
    },
    async freshnessFor(userId) {
      return redis.exists(key(userId)).then(
        (count): Freshness => (count > 0 ? 'recent' : 'lagging'),
        (): Freshness => 'recent',
      );
    },
  };
}
