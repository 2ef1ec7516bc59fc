import type { retentionDays } from '../../shared/media-layout';
import type { Database } from '../../shared/postgres';
import type { RecordingState } from './machine';

export type RetentionDays = (typeof retentionDays)[number];

export interface Recording {
  readonly streamId: string;
  readonly channelId: string;
  readonly ownerId: string;
  readonly title: string;
  readonly startedAt: Date | null;
  readonly state: RecordingState;
  readonly region: string;
  readonly durationSeconds: number;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
  readonly retentionDays: RetentionDays;
  readonly archivedAt: Date | null;
  readonly readyBy: Date | null;
  readonly expiresAt: Date | null;
}

export type RecordingFacts = Pick<Recording, 'durationSeconds' | 'bytes' | 'width' | 'height'>;

export interface RecordingStore {
  /** Creates or completes; a repeat changes nothing. */
  save(
    streamId: string,
    recording: RecordingFacts & { readonly state: 'available' | 'failed'; readonly region: string },
    retention: RetentionDays,
    at: Date,
  ): Promise<void>;
  find(streamId: string): Promise<Recording | undefined>;
  listOfChannel(channelId: string): Promise<readonly Recording[]>;
  listInState(states: readonly RecordingState[], limit: number): Promise<readonly Recording[]>;
  /** Changes the state from `from`; `false` when it was another by then. */
  move(
    streamId: string,
    from: RecordingState,
    to: Pick<Recording, 'state' | 'archivedAt' | 'readyBy' | 'expiresAt'>,
  ): Promise<boolean>;
  setRetention(streamId: string, retention: RetentionDays): Promise<void>;
  remove(streamId: string): Promise<void>;
  /** Bytes that the owner has restored since `since`. */
  restoredBytes(ownerId: string, since: Date): Promise<number>;
  noteRestore(recording: Recording, at: Date): Promise<void>;
}

interface Row {
  readonly stream_id: string;
  readonly channel_id: string;
  readonly owner_id: string;
  readonly title: string;
  readonly started_at: Date | null;
  readonly state: RecordingState;
  readonly region: string;
  readonly duration_seconds: number;
  readonly bytes: string;
  readonly width: number;
  readonly height: number;
  readonly retention_days: RetentionDays;
  readonly archived_at: Date | null;
  readonly ready_by: Date | null;
  readonly expires_at: Date | null;
}

const recording = (row: Row): Recording => ({
  streamId: row.stream_id,
  channelId: row.channel_id,
  ownerId: row.owner_id,
  title: row.title,
  startedAt: row.started_at,
  state: row.state,
  region: row.region,
  durationSeconds: row.duration_seconds,
  bytes: Number(row.bytes),
  width: row.width,
  height: row.height,
  retentionDays: row.retention_days,
  archivedAt: row.archived_at,
  readyBy: row.ready_by,
  expiresAt: row.expires_at,
});

const select = `
  SELECT r.*, s.channel_id, s.title, s.started_at, c.owner_id
    FROM recordings r JOIN streams s ON s.id = r.stream_id JOIN channels c ON c.id = s.channel_id`;

export function createPostgresRecordingStore(database: Database): RecordingStore {
  const list = async (rest: string, values: readonly unknown[]) =>
    (await database.query<Row>(`${select} ${rest}`, values)).map(recording);
  return {
    async save(streamId, { state, region, durationSeconds, bytes, width, height }, retention, at) {
      await database.query(
        `INSERT INTO recordings (stream_id, state, region, created_at, duration_seconds, bytes, width, height,
                                 retention_days)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (stream_id) DO UPDATE
            SET state = $2, duration_seconds = $5, bytes = $6, width = $7, height = $8
          WHERE recordings.state IN ('processing', 'failed')`,
        [streamId, state, region, at, durationSeconds, bytes, width, height, retention],
      );
    },
    find: async (streamId) => (await list('WHERE r.stream_id = $1', [streamId]))[0],
    listOfChannel: (channelId) => list('WHERE s.channel_id = $1 ORDER BY r.created_at DESC LIMIT 200', [channelId]),
    listInState: (states, limit) => list('WHERE r.state = ANY ($1) ORDER BY r.created_at LIMIT $2', [states, limit]),
    async move(streamId, from, { state, archivedAt, readyBy, expiresAt }) {
      const moved = await database.query(
        `UPDATE recordings SET state = $3, archived_at = $4, ready_by = $5, expires_at = $6
          WHERE stream_id = $1 AND state = $2 RETURNING stream_id`,
        [streamId, from, state, archivedAt, readyBy, expiresAt],
      );
      return moved.length === 1;
    },
    async setRetention(streamId, retention) {
      await database.query('UPDATE recordings SET retention_days = $2 WHERE stream_id = $1', [streamId, retention]);
    },
    async remove(streamId) {
      await database.query('DELETE FROM recordings WHERE stream_id = $1', [streamId]);
    },
    async restoredBytes(ownerId, since) {
      const [row] = await database.query<{ bytes: string }>(
        'SELECT COALESCE(sum(bytes), 0) AS bytes FROM restores WHERE owner_id = $1 AND at >= $2',
        [ownerId, since],
      );
      return Number(row?.bytes ?? 0);
    },
    async noteRestore({ ownerId, streamId, bytes }, at) {
      await database.query('INSERT INTO restores (owner_id, stream_id, bytes, at) VALUES ($1, $2, $3, $4)', [
        ownerId,
        streamId,
        bytes,
        at,
      ]);
    },
  };
}
