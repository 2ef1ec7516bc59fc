import { broadcastKeys } from '../../shared/broadcast';
import type { RedisClient } from '../../shared/redis';

/** What the region's packagers can still take. */
export class Capacity {
  constructor(
    private readonly redis: RedisClient,
    private readonly region: string,
  ) {}

  async freeSlots(): Promise<number> {
    const rows = await this.redis.zrangebyscore(broadcastKeys.slots(this.region), 1, '+inf', 'WITHSCORES');
    let free = 0;
    for (let index = 0; index < rows.length; index += 2) {
      const packagerId = rows[index] ?? '';
      const alive = await this.redis.exists(broadcastKeys.slotHeartbeat(this.region, packagerId));
      if (alive === 1) free += Number(rows[index + 1]);
    }
    return free;
  }

  /** Whether a packager works on this stream already, so that its publisher needs no slot. */
  async isPackaged(streamId: string): Promise<boolean> {
    return (await this.redis.exists(broadcastKeys.lease(streamId))) === 1;
  }
}
