import type { Database, Queryable } from '../../shared/postgres';

export interface Takedown {
  readonly id: number;
  readonly streamId: string;
  readonly region: string;
  /** Whether the recording goes too, or only what the CDN serves. */
  readonly recording: boolean;
  readonly attempts: number;
}

/** Queues the removal of a stream's objects, inside the transaction that makes it final. */
export async function addTakedown(
  connection: Queryable,
  stream: { readonly id: string; readonly region: string | null },
  { recording, at }: { readonly recording: boolean; readonly at: Date },
): Promise<void> {
  if (stream.region === null) return;
  await connection.query(
    'INSERT INTO takedowns (stream_id, region, recording, next_attempt_at) VALUES ($1, $2, $3, $4)',
    [stream.id, stream.region, recording, at],
  );
}

export interface TakedownStore {
  add(stream: { readonly id: string; readonly region: string | null }, at: Date): Promise<void>;
  due(at: Date, limit: number): Promise<readonly Takedown[]>;
  done(id: number): Promise<void>;
  postpone(id: number, until: Date): Promise<void>;
}

export function createPostgresTakedownStore(database: Database): TakedownStore {
  return {
    add: (stream, at) => addTakedown(database, stream, { recording: false, at }),
    async due(at, limit) {
      const rows = await database.query<{
        id: string;
        stream_id: string;
        region: string;
        recording: boolean;
        attempts: number;
      }>('SELECT * FROM takedowns WHERE next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT $2', [at, limit]);
      return rows.map((row) => ({
        id: Number(row.id),
        streamId: row.stream_id,
        region: row.region,
        recording: row.recording,
        attempts: row.attempts,
      }));
    },
    async done(id) {
      await database.query('DELETE FROM takedowns WHERE id = $1', [id]);
    },
    async postpone(id, until) {
      await database.query('UPDATE takedowns SET attempts = attempts + 1, next_attempt_at = $2 WHERE id = $1', [
        id,
        until,
      ]);
    },
  };
}
