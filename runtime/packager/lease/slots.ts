import { broadcastKeys } from '../../shared/broadcast';
import type { RedisClient } from '../../shared/redis';

/** A packager that has not said how many slots it has for this long has none. */
const heartbeatTtlSeconds = 6;

/** Tells gates how many broadcasts this packager can still take. */
export class SlotBoard {
  constructor(
    private readonly redis: RedisClient,
    private readonly region: string,
    private readonly packagerId: string,
  ) {}

  async announce(freeSlots: number): Promise<void> {
    await this.redis.set(broadcastKeys.slotHeartbeat(this.region, this.packagerId), '1', 'EX', heartbeatTtlSeconds);
    await this.redis.zadd(broadcastKeys.slots(this.region), freeSlots, this.packagerId);
  }

  async withdraw(): Promise<void> {
    await this.redis.zrem(broadcastKeys.slots(this.region), this.packagerId);
    await this.redis.del(broadcastKeys.slotHeartbeat(this.region, this.packagerId));
  }
}
