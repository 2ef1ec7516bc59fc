import type { Revocation } from '../../shared/broadcast';
import type { Database, Queryable } from '../../shared/postgres';

/**
 * Adds to the list that gates follow, inside the caller's transaction. The lock is held until that commits, so that ids
 * become visible in order and a gate that follows by id misses none.
 */
export async function addRevocation(
  connection: Queryable,
  { keyId, streamId, at }: { readonly keyId: string; readonly streamId: string | null; readonly at: Date },
): Promise<void> {
  await connection.query(`SELECT pg_advisory_xact_lock(hashtext('revocations'))`);
  await connection.query('INSERT INTO revocations (key_id, stream_id, at) VALUES ($1, $2, $3)', [keyId, streamId, at]);
}

export interface RevocationStore {
  after(id: number, limit: number): Promise<readonly Revocation[]>;
}

export function createPostgresRevocationStore(database: Database): RevocationStore {
  return {
    async after(id, limit) {
      const rows = await database.query<{ id: string; key_id: string; stream_id: string | null }>(
        'SELECT id, key_id, stream_id FROM revocations WHERE id > $1 ORDER BY id LIMIT $2',
        [id, limit],
      );
      return rows.map((row) => ({ id: Number(row.id), keyId: row.key_id, streamId: row.stream_id }));
    },
  };
}
