import type { Mongo } from '../../shared/mongo';
import type { CmcdEvent } from '../cmcd';
import type { Transport } from '../contract';

/** One player report as it is kept. */
export interface PlayerReport {
  readonly streamId: string;
  readonly sessionId: string;
  readonly transport: Transport;
  readonly region: string;
  /** When we received it; the player's own clock is in `event.ts`. */
  readonly receivedAtMs: number;
  /** Share of players that reported at that time. */
  readonly sampleRate: number;
  readonly event: CmcdEvent;
}

export interface EventStore {
  /** Stores reports; returns those that were not there before. */
  store(reports: readonly PlayerReport[]): Promise<readonly PlayerReport[]>;
  droppedFrames(streamId: string): Promise<number>;
}

const collectionName = 'analytics_events';
const dayMs = 86_400_000;

export function createMongoEventStore(mongo: Mongo, retentionDays: number): EventStore {
  return {
    async store(reports) {
      const operations = reports.map(({ event, receivedAtMs, sampleRate: _rate, ...report }) => ({
        updateOne: {
          filter: { _id: `${report.streamId}:${report.sessionId}:${event.sn}` },
          update: {
            $setOnInsert: {
              ...report,
              ...event,
              at: new Date(receivedAtMs),
              expiresAt: new Date(receivedAtMs + retentionDays * dayMs),
            },
          },
          upsert: true,
        },
      }));
      const result = await mongo.run((database) =>
        database.collection<{ _id: string }>(collectionName).bulkWrite(operations, { ordered: true }),
      );
      return Object.keys(result.upsertedIds).flatMap((index) => reports[Number(index)] ?? []);
    },
    async droppedFrames(streamId) {
      const [sum] = await mongo.run((database) =>
        database
          .collection(collectionName)
          .aggregate<{ frames: number }>([
            { $match: { streamId } },
            { $group: { _id: '$sessionId', frames: { $max: '$dfa' } } },
            { $group: { _id: null, frames: { $sum: '$frames' } } },
          ])
          .toArray(),
      );
      return sum?.frames ?? 0;
    },
  };
}

export async function createEventIndexes(mongo: Mongo): Promise<void> {
  await mongo.run(async (database) => {
    await database.collection(collectionName).createIndex({ streamId: 1, at: 1 });
    await database.collection(collectionName).createIndex({ expiresAt: 1 }, { expireAfterSeconds: 0 });
  });
}

/** For document stores that do not remove expired documents themselves. Returns how many went. */
export async function sweepExpired(mongo: Mongo, nowMs: number): Promise<number> {
  let removed = 0;
  for (const name of [collectionName, 'analytics_minutes']) {
    const { deletedCount } = await mongo.run((database) =>
      database.collection(name).deleteMany({ expiresAt: { $lt: new Date(nowMs) } }),
    );
    removed += deletedCount;
  }
  return removed;
}
