import type { Database, Queryable } from '../../shared/postgres';
import { addRevocation } from '../broadcasts/revocations';
import { type KeyStore, mostKeys, type NewKey, type StreamKey } from './store';

interface Row {
  readonly id: string;
  readonly channel_id: string;
  readonly label: string;
  readonly hash: Buffer;
  readonly created_at: Date;
  readonly last_used_at: Date | null;
  readonly revoked_at: Date | null;
}

const streamKey = (row: Row): StreamKey => ({
  id: row.id,
  channelId: row.channel_id,
  label: row.label,
  hash: row.hash,
  createdAt: row.created_at,
  lastUsedAt: row.last_used_at,
  revokedAt: row.revoked_at,
});

export function createPostgresKeyStore(database: Database): KeyStore {
  return {
    create: (key) =>
      database.transaction(async (connection) => {
        await connection.query('SELECT 1 FROM channels WHERE id = $1 FOR UPDATE', [key.channelId]);
        const [good] = await connection.query<{ count: number }>(
          'SELECT count(*)::integer AS count FROM stream_keys WHERE channel_id = $1 AND revoked_at IS NULL',
          [key.channelId],
        );
        if ((good?.count ?? 0) >= mostKeys) return 'too-many';
        await insert(connection, key);
        return 'created';
      }),
    async find(id) {
      const [row] = await database.query<Row>('SELECT * FROM stream_keys WHERE id = $1', [id]);
      return row && streamKey(row);
    },
    async list(channelId) {
      const rows = await database.query<Row>(
        `SELECT * FROM stream_keys WHERE channel_id = $1
          ORDER BY revoked_at IS NOT NULL, created_at DESC LIMIT 100`,
        [channelId],
      );
      return rows.map(streamKey);
    },
    revoke: (channelId, id, at) =>
      database.transaction(async (connection) => (await revoke(connection, channelId, id, at)) !== undefined),
    rotate: (channelId, id, successor, at) =>
      database.transaction(async (connection) => {
        const revoked = await revoke(connection, channelId, id, at);
        if (!revoked) return undefined;
        const created = { ...successor, channelId, label: revoked.label, createdAt: at };
        await insert(connection, created);
        return { ...created, lastUsedAt: null, revokedAt: null };
      }),
  };
}

async function insert(connection: Queryable, { id, channelId, label, hash, createdAt }: NewKey): Promise<void> {
  await connection.query(
    'INSERT INTO stream_keys (id, channel_id, label, hash, created_at) VALUES ($1, $2, $3, $4, $5)',
    [id, channelId, label, hash, createdAt],
  );
}

async function revoke(connection: Queryable, channelId: string, id: string, at: Date): Promise<StreamKey | undefined> {
  const [row] = await connection.query<Row>(
    'UPDATE stream_keys SET revoked_at = $3 WHERE id = $2 AND channel_id = $1 AND revoked_at IS NULL RETURNING *',
    [channelId, id, at],
  );
  if (!row) return undefined;
  await addRevocation(connection, { keyId: id, streamId: null, at });
  return streamKey(row);
}
