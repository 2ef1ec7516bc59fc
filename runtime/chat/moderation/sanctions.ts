import type { Mongo } from '../../shared/mongo';
import type { SanctionEnd } from '../broker/broker';

/** A ban or timeout in a channel; durable, while rooms only hold copies. */
export interface Sanction {
  readonly channelId: string;
  readonly userId: string;
  readonly handle: string;
  readonly end: SanctionEnd;
  readonly by: string;
  readonly reason: string;
  /** Unix milliseconds. */
  readonly at: number;
}

export interface SanctionStore {
  put(sanction: Sanction): Promise<void>;
  remove(channelId: string, userId: string): Promise<void>;
  /** Bans and timeouts that still run, newest first. */
  list(channelId: string, nowMs: number): Promise<readonly Sanction[]>;
}

interface SanctionDocument {
  readonly _id: string;
  readonly channelId: string;
  readonly userId: string;
  readonly handle: string;
  /** Null is a ban. */
  readonly until: Date | null;
  readonly by: string;
  readonly reason: string;
  readonly at: Date;
}

const collectionName = 'chat_sanctions';
const mostListed = 5_000;

export function createMongoSanctionStore(mongo: Mongo): SanctionStore {
  const idOf = (channelId: string, userId: string) => `${channelId}:${userId}`;
  return {
    async put({ channelId, userId, handle, end, by, reason, at }) {
      const until = end === 'ban' ? null : new Date(end);
      await mongo.run((database) =>
        database
          .collection<SanctionDocument>(collectionName)
          .replaceOne(
            { _id: idOf(channelId, userId) },
            { channelId, userId, handle, until, by, reason, at: new Date(at) },
            { upsert: true },
          ),
      );
    },
    async remove(channelId, userId) {
      await mongo.run((database) =>
        database.collection<SanctionDocument>(collectionName).deleteOne({ _id: idOf(channelId, userId) }),
      );
    },
    async list(channelId, nowMs) {
      const documents = await mongo.run((database) =>
        database
          .collection<SanctionDocument>(collectionName)
          .find({ channelId, $or: [{ until: null }, { until: { $gt: new Date(nowMs) } }] })
          .sort({ at: -1 })
          .limit(mostListed)
          .toArray(),
      );
      return documents.map(({ userId, handle, until, by, reason, at }) => ({
        channelId,
        userId,
        handle,
        end: until === null ? ('ban' as const) : until.getTime(),
        by,
        reason,
        at: at.getTime(),
      }));
    },
  };
}

export async function createSanctionIndexes(mongo: Mongo): Promise<void> {
  await mongo.run((database) => database.collection(collectionName).createIndex({ channelId: 1, at: -1 }));
}

export function createMemorySanctionStore(): SanctionStore {
  const sanctions = new Map<string, Sanction>();
  return {
    async put(sanction) {
      sanctions.set(`${sanction.channelId}:${sanction.userId}`, sanction);
    },
    async remove(channelId, userId) {
      sanctions.delete(`${channelId}:${userId}`);
    },
    async list(channelId, nowMs) {
      return [...sanctions.values()]
        .filter((sanction) => sanction.channelId === channelId && (sanction.end === 'ban' || sanction.end > nowMs))
        .sort((a, b) => b.at - a.at);
    },
  };
}
