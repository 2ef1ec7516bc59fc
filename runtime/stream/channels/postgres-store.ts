import type { Database } from '../../shared/postgres';
import { addRevocation } from '../broadcasts/revocations';
import type { ChannelSettings } from '../contract';
import { addTakedown, type TakenDown } from '../takedowns/store';
import { type Channel, type ChannelStore, storedSettings } from './store';

interface Row {
  readonly id: string;
  readonly handle: string;
  readonly owner_id: string;
  readonly title: string;
  readonly description: string;
  readonly settings: Partial<ChannelSettings>;
  readonly created_at: Date;
  readonly followers: number;
}

const channel = (row: Row): Channel => ({
  id: row.id,
  handle: row.handle,
  ownerId: row.owner_id,
  title: row.title,
  description: row.description,
  settings: storedSettings(row.settings),
  followers: row.followers,
  createdAt: row.created_at,
});

const select = `
  SELECT c.*, (SELECT count(*)::integer FROM follows f WHERE f.channel_id = c.id) AS followers FROM channels c`;

export function createPostgresChannelStore(database: Database): ChannelStore {
  const list = async (rest: string, values: readonly unknown[]) =>
    (await database.query<Row>(`${select} ${rest}`, values)).map(channel);
  return {
    async create({ id, handle, ownerId, title, description, settings, createdAt }) {
      const created = await database.query(
        `INSERT INTO channels (id, handle, owner_id, title, description, settings, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (handle) DO NOTHING RETURNING id`,
        [id, handle, ownerId, title, description, settings, createdAt],
      );
      return created.length === 1 ? 'created' : 'handle-taken';
    },
    find: async (handle) => (await list('WHERE c.handle = $1', [handle]))[0],
    findById: async (id) => (await list('WHERE c.id = $1', [id]))[0],
    listOwned: (ownerId) => list('WHERE c.owner_id = $1 ORDER BY c.created_at', [ownerId]),
    async update(id, { title, description, settings }) {
      await database.query('UPDATE channels SET title = $2, description = $3, settings = $4 WHERE id = $1', [
        id,
        title,
        description,
        settings,
      ]);
    },
    remove: (id, at) =>
      database.transaction(async (connection) => {
        await connection.query('SELECT 1 FROM channels WHERE id = $1 FOR UPDATE', [id]);
        const keys = await connection.query<{ id: string }>(
          'SELECT id FROM stream_keys WHERE channel_id = $1 AND revoked_at IS NULL',
          [id],
        );
        for (const key of keys) await addRevocation(connection, { keyId: key.id, streamId: null, at });
        const streams = await connection.query<TakenDown & { readonly key_id: string | null }>(
          'SELECT id, region, media_access AS "mediaAccess", key_id FROM streams WHERE channel_id = $1',
          [id],
        );
        for (const stream of streams) {
          // A browser publishes with a token, which is no key of the channel.
          if (stream.key_id !== null) {
            await addRevocation(connection, { keyId: stream.key_id, streamId: stream.id, at });
          }
          await addTakedown(connection, stream, { recording: true, at });
        }
        await connection.query('DELETE FROM channels WHERE id = $1', [id]);
      }),

    async follow(userId, channelId, at) {
      await database.query(
        'INSERT INTO follows (user_id, channel_id, followed_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
        [userId, channelId, at],
      );
    },
    async unfollow(userId, channelId) {
      await database.query('DELETE FROM follows WHERE user_id = $1 AND channel_id = $2', [userId, channelId]);
    },
    async followingSince(userId, channelId) {
      const [row] = await database.query<{ followed_at: Date }>(
        'SELECT followed_at FROM follows WHERE user_id = $1 AND channel_id = $2',
        [userId, channelId],
      );
      return row?.followed_at;
    },
    listFollowed: (userId) =>
      list(
        'JOIN follows mine ON mine.channel_id = c.id WHERE mine.user_id = $1 ORDER BY mine.followed_at DESC LIMIT 500',
        [userId],
      ),

    async listModerators(channelId) {
      const rows = await database.query<{ user_id: string; granted_at: Date }>(
        'SELECT user_id, granted_at FROM moderators WHERE channel_id = $1 ORDER BY granted_at',
        [channelId],
      );
      return rows.map((row) => ({ userId: row.user_id, grantedAt: row.granted_at }));
    },
    async grantModerator(channelId, userId, at) {
      await database.query(
        'INSERT INTO moderators (channel_id, user_id, granted_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
        [channelId, userId, at],
      );
    },
    async withdrawModerator(channelId, userId) {
      await database.query('DELETE FROM moderators WHERE channel_id = $1 AND user_id = $2', [channelId, userId]);
    },
    async forgetUser(userId) {
      await database.transaction(async (connection) => {
        await connection.query('DELETE FROM follows WHERE user_id = $1', [userId]);
        await connection.query('DELETE FROM moderators WHERE user_id = $1', [userId]);
      });
    },
  };
}
