import type { Collection } from 'mongodb';
import type { Mongo } from '../../shared/mongo';
import type { RedisClient } from '../../shared/redis';
import { keys, minuteOf } from '../keys';
import type { MinuteFields } from './minute';

/**
 * Figures per minute. Redis adds them up over all pods; the document store gets snapshots. Because every counter only
 * grows, writing the larger value makes a snapshot harmless to repeat, to reorder, and to take by two pods at once.
 */
export interface Minutes {
  /** Marks a minute as one that must still reach the document store. */
  open(streamId: string, minuteMs: number): Promise<void>;
  add(streamId: string, minuteMs: number, increments: MinuteFields): Promise<void>;
  /** Writes all open minutes; those that ended a while ago are closed by it. */
  snapshot(nowMs: number): Promise<void>;
  /** Per minute, oldest first. */
  read(streamId: string, fromMs: number, toMs: number): Promise<readonly { atMs: number; fields: MinuteFields }[]>;
}

interface MinuteDocument {
  readonly _id: string;
  readonly streamId: string;
  readonly at: Date;
  readonly expiresAt: Date;
  /** Names as in Redis, with `:` in place of what a document store would read as a path. */
  readonly fields: MinuteFields;
}

const collectionName = 'analytics_minutes';
const dayMs = 86_400_000;
/** Longer than a heartbeat may be late and a report may be buffered. */
const closeAfterMs = 120_000;
const mostOpenAtOnce = 500;
/** Minutes of one broadcast that are read at most: three days. */
const mostRead = 4_320;

export function createMinutes(redis: RedisClient, mongo: Mongo, retentionDays: number): Minutes {
  const collection = <T>(use: (minutes: Collection<MinuteDocument>) => Promise<T>) =>
    mongo.run((database) => use(database.collection<MinuteDocument>(collectionName)));

  const write = async (streamId: string, atMs: number): Promise<void> => {
    const fields = toNumbers(await redis.hgetall(keys.minute(streamId, atMs)));
    if (Object.keys(fields).length === 0) return;
    const larger = Object.fromEntries(Object.entries(fields).map(([name, value]) => [`fields.${name}`, value]));
    const born = { streamId, at: new Date(atMs), expiresAt: new Date(atMs + retentionDays * dayMs) };
    await collection((minutes) =>
      minutes.updateOne({ _id: `${streamId}:${atMs}` }, { $max: larger, $setOnInsert: born }, { upsert: true }),
    );
  };

  return {
    async open(streamId, minuteMs) {
      await redis.zadd(keys.openMinutes, minuteMs, `${streamId} ${minuteMs}`);
    },
    async add(streamId, minuteMs, increments) {
      const key = keys.minute(streamId, minuteMs);
      const pipeline = redis.pipeline();
      for (const [name, value] of Object.entries(increments)) pipeline.hincrby(key, name, Math.round(value));
      await pipeline.expire(key, dayMs / 1_000).exec();
    },
    async snapshot(nowMs) {
      const open = await redis.zrange(keys.openMinutes, 0, String(mostOpenAtOnce - 1));
      for (const member of open) {
        const [streamId = '', at = ''] = member.split(' ');
        await write(streamId, Number(at));
        if (minuteOf(nowMs) - Number(at) > closeAfterMs) await redis.zrem(keys.openMinutes, member);
      }
    },
    async read(streamId, fromMs, toMs) {
      const documents = await collection((minutes) =>
        minutes
          .find({ streamId, at: { $gte: new Date(fromMs), $lt: new Date(toMs) } })
          .sort({ at: 1 })
          .limit(mostRead)
          .toArray(),
      );
      return documents.map(({ at, fields }) => ({ atMs: at.getTime(), fields }));
    },
  };
}

export async function createMinuteIndexes(mongo: Mongo): Promise<void> {
  await mongo.run(async (database) => {
    await database.collection(collectionName).createIndex({ streamId: 1, at: 1 });
    await database.collection(collectionName).createIndex({ expiresAt: 1 }, { expireAfterSeconds: 0 });
  });
}

function toNumbers(hash: Readonly<Record<string, string>>): MinuteFields {
  return Object.fromEntries(Object.entries(hash).map(([name, value]) => [name, Number(value)]));
}
