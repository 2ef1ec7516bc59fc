import type { Logger } from '../../shared/log';
import { addressSubject } from '../../shared/rate-limit';
import type { RedisClient } from '../../shared/redis';

const windowSeconds = 60;
const mostFailures = 30;

/** Wrong keys per address, counted in Redis so that all gates of a region count together. */
export class FailureLimit {
  constructor(
    private readonly redis: RedisClient,
    private readonly log: Logger,
  ) {}

  /** Seconds that this address must wait, 0 for none. Without Redis nobody waits: claiming the stream then fails. */
  async waitSeconds(address: string): Promise<number> {
    try {
      const key = keyOf(address);
      const failures = Number((await this.redis.get(key)) ?? 0);
      return failures < mostFailures ? 0 : Math.max(1, await this.redis.ttl(key));
    } catch (error) {
      this.log.warn({ err: error }, 'failed attempts cannot be counted');
      return 0;
    }
  }

  async count(address: string): Promise<void> {
    try {
      const key = keyOf(address);
      if ((await this.redis.incr(key)) === 1) await this.redis.expire(key, windowSeconds);
    } catch (error) {
      this.log.warn({ err: error }, 'failed attempts cannot be counted');
    }
  }
}

const keyOf = (address: string) => `ingest:failures:{${addressSubject(address)}}`;
