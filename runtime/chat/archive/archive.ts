import type { Mongo } from '../../shared/mongo';
import type { Entry } from '../broker/broker';
import { messageId, type RoomEvent } from '../protocol';

export interface ArchivedMessage {
  readonly messageId: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly userId: string;
  readonly handle: string;
  readonly text: string;
  readonly deleted: boolean;
}

export interface ArchiveQuery {
  /** Only what is older than this message. */
  readonly before?: string | undefined;
  readonly userId?: string | undefined;
  readonly limit: number;
}

/** Every message, for moderators, as long as the retention says. Taking the same event twice changes nothing. */
export interface Archive {
  store(room: string, entries: readonly Entry[]): Promise<void>;
  /** Newest first. */
  find(room: string, query: ArchiveQuery): Promise<readonly ArchivedMessage[]>;
  authorOf(room: string, messageId: string): Promise<string | undefined>;
  /** Removes what is past its retention, for document stores that do not do so themselves. */
  sweep(nowMs: number): Promise<number>;
}

interface MessageDocument {
  readonly _id: string;
  readonly room: string;
  readonly messageId: string;
  readonly at: Date;
  readonly userId: string;
  readonly handle: string;
  readonly text: string;
  readonly deleted: boolean;
  readonly expiresAt: Date;
}

const collectionName = 'chat_messages';
const dayMs = 86_400_000;

export function createMongoArchive(mongo: Mongo, retentionDays: number): Archive {
  const idOf = (room: string, id: string) => `${room}/${id}`;
  return {
    async store(room, entries) {
      const operations = entries.flatMap(({ epoch, offset, json }) => {
        const event = JSON.parse(json) as RoomEvent;
        if (event.type === 'message') {
          const id = messageId(epoch, offset);
          const { user, text, at } = event;
          const document = {
            room,
            messageId: id,
            at: new Date(at),
            userId: user.id,
            handle: user.handle,
            text,
            expiresAt: new Date(at + retentionDays * dayMs),
          };
          // `deleted` only on insertion: a replay must not bring a deleted message back.
          return [upsert(idOf(room, id), { $set: document, $setOnInsert: { deleted: false } }, true)];
        }
        if (event.type === 'deleted') return [upsert(idOf(room, event.messageId), { $set: { deleted: true } }, false)];
        return [];
      });
      if (operations.length === 0) return;
      await mongo.run((database) =>
        database.collection<MessageDocument>(collectionName).bulkWrite(operations, { ordered: true }),
      );
    },
    async find(room, { before, userId, limit }) {
      const ofUser = userId === undefined ? {} : { userId };
      const documents = await mongo.run(async (database) => {
        const messages = database.collection<MessageDocument>(collectionName);
        const last = before === undefined ? null : await messages.findOne({ _id: idOf(room, before) });
        const older = last ? { $or: [{ at: { $lt: last.at } }, { at: last.at, _id: { $lt: last._id } }] } : {};
        return messages
          .find({ room, ...ofUser, ...older })
          .sort({ at: -1, _id: -1 })
          .limit(limit)
          .toArray();
      });
      return documents.map((document) => ({
        messageId: document.messageId,
        at: document.at.getTime(),
        userId: document.userId,
        handle: document.handle,
        text: document.text,
        deleted: document.deleted,
      }));
    },
    async authorOf(room, id) {
      const document = await mongo.run((database) =>
        database.collection<MessageDocument>(collectionName).findOne({ _id: idOf(room, id) }),
      );
      return document?.userId;
    },
    async sweep(nowMs) {
      const { deletedCount } = await mongo.run((database) =>
        database.collection(collectionName).deleteMany({ expiresAt: { $lt: new Date(nowMs) } }),
      );
      return deletedCount;
    },
  };
}

function upsert(
  _id: string,
  update: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  upsertMissing: boolean,
) {
  return { updateOne: { filter: { _id }, update, upsert: upsertMissing } };
}

export async function createArchiveIndexes(mongo: Mongo): Promise<void> {
  await mongo.run(async (database) => {
    const messages = database.collection(collectionName);
    await messages.createIndex({ room: 1, at: -1, _id: -1 });
    await messages.createIndex({ room: 1, userId: 1, at: -1, _id: -1 });
    await messages.createIndex({ expiresAt: 1 }, { expireAfterSeconds: 0 });
  });
}
