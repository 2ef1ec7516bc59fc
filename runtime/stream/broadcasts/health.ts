import { z } from 'zod';
import type { BroadcastEvent } from '../../shared/broadcast';
import type { RedisClient } from '../../shared/redis';
import { streamHealth } from '../contract';

export type MeasuredHealth = Extract<BroadcastEvent, { type: 'health' }>['health'];

export interface HealthStore {
  store(streamId: string, health: MeasuredHealth, at: Date): Promise<void>;
  /** The latest report, if it is not older than a minute. */
  find(streamId: string): Promise<{ readonly at: Date; readonly health: MeasuredHealth } | undefined>;
}

const entry = z.object({ atMs: z.number(), health: streamHealth.shape.measured.unwrap() });
const keepSeconds = 60;

export function createHealthStore(redis: RedisClient): HealthStore {
  const key = (streamId: string) => `stream:{${streamId}}:health`;
  return {
    async store(streamId, health, at) {
      await redis.set(key(streamId), JSON.stringify({ atMs: at.getTime(), health }), 'EX', keepSeconds);
    },
    async find(streamId) {
      const text = await redis.get(key(streamId));
      if (text === null) return undefined;
      const { atMs, health } = entry.parse(JSON.parse(text));
      return { at: new Date(atMs), health };
    },
  };
}
