import type { MediaAccess, MediaLocation } from '../../shared/media-layout';
import type { Database, Queryable } from '../../shared/postgres';

export interface Takedown extends MediaLocation {
  readonly id: number;
  /** Whether the recording goes too, or only what the CDN serves. */
  readonly recording: boolean;
  readonly attempts: number;
}

export interface TakenDown {
  readonly id: string;
  readonly region: string | null;
  readonly mediaAccess: MediaAccess;
}

/** A packager that is just ending, and then the recording's job, write after the first sweep. */
const sweepsAfterSeconds = [0, 120, 3_600];

/** Queues the removal of a stream's objects, inside the transaction that makes it final. */
export async function addTakedown(
  connection: Queryable,
  stream: TakenDown,
  { recording, at }: { readonly recording: boolean; readonly at: Date },
): Promise<void> {
  if (stream.region === null) return;
  for (const seconds of sweepsAfterSeconds) {
    await connection.query(
      'INSERT INTO takedowns (stream_id, region, media_access, recording, next_attempt_at) VALUES ($1, $2, $3, $4, $5)',
      [stream.id, stream.region, stream.mediaAccess, recording, new Date(at.getTime() + seconds * 1_000)],
    );
  }
}

export interface TakedownStore {
  add(stream: TakenDown, at: Date): Promise<void>;
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
        media_access: MediaAccess;
        recording: boolean;
        attempts: number;
      }>('SELECT * FROM takedowns WHERE next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT $2', [at, limit]);
      return rows.map((row) => ({
        id: Number(row.id),
        streamId: row.stream_id,
        region: row.region,
        mediaAccess: row.media_access,
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
