import type { BroadcastState, Source } from '../../shared/broadcast';
import { newId } from '../../shared/ids';
import type { MediaAccess } from '../../shared/media-layout';
import type { Database, Queryable } from '../../shared/postgres';
import type { Broadcast, Outcome } from '../broadcasts/events';
import { addRevocation } from '../broadcasts/revocations';
import { storedSettings } from '../channels/store';
import type { ChannelSettings, Visibility } from '../contract';
import { addTakedown } from '../takedowns/store';
import { announce } from '../webhooks/announce';
import type { NewStream, Page, StreamRecord, StreamStore } from './store';

interface Row {
  readonly id: string;
  readonly channel_id: string;
  readonly title: string;
  readonly visibility: Visibility;
  readonly passphrase_hash: string | null;
  readonly state: BroadcastState;
  readonly scheduled: boolean;
  readonly scheduled_for: Date | null;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
  readonly interrupted_at: Date | null;
  readonly reserved_until: Date | null;
  readonly reserved_key_id: string | null;
  readonly key_id: string | null;
  readonly session_id: string | null;
  readonly source: Source | null;
  readonly region: string | null;
  readonly media_access: MediaAccess;
  readonly seen_at: Date | null;
  readonly packaging_token: string;
  readonly renditions: Broadcast['renditions'];
  readonly handle: string;
  readonly channel_title: string;
  readonly owner_id: string;
  readonly settings: Partial<ChannelSettings>;
}

const record = (row: Row): StreamRecord => ({
  id: row.id,
  channelId: row.channel_id,
  title: row.title,
  visibility: row.visibility,
  passphraseHash: row.passphrase_hash,
  state: row.state,
  scheduled: row.scheduled,
  scheduledFor: row.scheduled_for,
  createdAt: row.created_at,
  startedAt: row.started_at,
  endedAt: row.ended_at,
  interruptedAt: row.interrupted_at,
  reservedUntil: row.reserved_until,
  reservedKeyId: row.reserved_key_id,
  keyId: row.key_id,
  sessionId: row.session_id,
  source: row.source,
  region: row.region,
  mediaAccess: row.media_access,
  seenAt: row.seen_at,
  packagingToken: Number(row.packaging_token),
  renditions: row.renditions,
  channel: {
    handle: row.handle,
    title: row.channel_title,
    ownerId: row.owner_id,
    settings: storedSettings(row.settings),
  },
});

const select = `
  SELECT s.*, c.handle, c.title AS channel_title, c.owner_id, c.settings
    FROM streams s JOIN channels c ON c.id = s.channel_id`;

/** Column of each field that an event may change. */
const columns = {
  state: 'state',
  startedAt: 'started_at',
  endedAt: 'ended_at',
  interruptedAt: 'interrupted_at',
  reservedUntil: 'reserved_until',
  reservedKeyId: 'reserved_key_id',
  keyId: 'key_id',
  sessionId: 'session_id',
  source: 'source',
  region: 'region',
  seenAt: 'seen_at',
  packagingToken: 'packaging_token',
  renditions: 'renditions',
} as const satisfies Record<keyof Broadcast, string>;

const inProgress = `s.state IN ('waiting', 'live', 'interrupted')`;

async function list(from: Queryable, rest: string, values: readonly unknown[]): Promise<StreamRecord[]> {
  return (await from.query<Row>(`${select} ${rest}`, values)).map(record);
}

export function createPostgresStreamStore(database: Database): StreamStore {
  return {
    create: (stream) => insert(database, stream),
    async find(id, freshness) {
      const condition = 'WHERE s.id = $1';
      if (freshness === 'lagging') {
        const [known] = await list(database.reader, condition, [id]);
        // What the replica has not heard of may be a second old.
        if (known) return known;
      }
      return (await list(database, condition, [id]))[0];
    },
    findInProgress: async (channelId) =>
      (await list(database, `WHERE s.channel_id = $1 AND ${inProgress}`, [channelId]))[0],
    listOfChannel: (channelId, { visibilities, ...page }) =>
      list(database.reader, `WHERE s.channel_id = $3 AND s.visibility = ANY ($4) AND ${pageCondition}`, [
        ...pageValues(page),
        channelId,
        visibilities,
      ]),
    listLive: (page) =>
      list(
        database.reader,
        `WHERE s.state IN ('live', 'interrupted') AND s.started_at IS NOT NULL AND s.visibility = 'public' AND ${pageCondition}`,
        pageValues(page),
      ),
    listInStates: (states) => list(database, 'WHERE s.state = ANY ($1) ORDER BY s.id', [states]),
    async countPrepared(channelId) {
      const [row] = await database.query<{ count: number }>(
        `SELECT count(*)::integer AS count FROM streams WHERE channel_id = $1 AND state = 'created'`,
        [channelId],
      );
      return row?.count ?? 0;
    },
    async update(id, { title, visibility, passphraseHash, scheduledFor }) {
      await database.query(
        'UPDATE streams SET title = $2, visibility = $3, passphrase_hash = $4, scheduled_for = $5 WHERE id = $1',
        [id, title, visibility, passphraseHash, scheduledFor],
      );
    },

    change: (id, at, decide, { disconnect = false } = {}) =>
      database.transaction(async (connection) => {
        const [stream] = await list(connection, 'WHERE s.id = $1 FOR UPDATE OF s', [id]);
        if (!stream) return undefined;
        const outcome = decide(stream);
        if (outcome === 'stale' || outcome === 'illegal') return { outcome, stream };
        await carryOut(connection, stream, outcome, at);
        if (disconnect) await disconnectPublishers(connection, stream, at);
        return { outcome, stream: { ...stream, ...outcome.set } };
      }),

    admit: (channelId, { keyId, at, reservedUntil, newStream }, decide) =>
      database.transaction(async (connection) => {
        await connection.query('SELECT 1 FROM channels WHERE id = $1 FOR UPDATE', [channelId]);
        const [current] = await list(connection, `WHERE s.channel_id = $1 AND ${inProgress}`, [channelId]);
        const prepared = await list(
          connection,
          `WHERE s.channel_id = $1 AND s.state = 'created'
            ORDER BY s.scheduled_for NULLS LAST, s.created_at LIMIT 50`,
          [channelId],
        );
        const choice = await decide({ inProgress: current, prepared });
        if (choice.kind === 'refuse') return undefined;
        const id = choice.kind === 'new' ? newStream.id : choice.streamId;
        if (choice.kind === 'new') await insert(connection, newStream);
        // Without a region nothing was ever published: where its media goes is settled now.
        await connection.query(
          `UPDATE streams SET reserved_until = $2, reserved_key_id = $3, media_access = CASE
              WHEN region IS NOT NULL THEN media_access WHEN visibility = 'private' THEN 'signed' ELSE 'open' END
            WHERE id = $1`,
          [id, reservedUntil, keyId],
        );
        await connection.query('UPDATE stream_keys SET last_used_at = $2 WHERE id = $1', [keyId, at]);
        return (await list(connection, 'WHERE s.id = $1', [id]))[0];
      }),
    async releaseReservation(id, keyId) {
      await database.query(
        'UPDATE streams SET reserved_until = NULL, reserved_key_id = NULL WHERE id = $1 AND reserved_key_id = $2',
        [id, keyId],
      );
    },

    async markSeen(sessionIds, at) {
      await database.query('UPDATE streams SET seen_at = $2 WHERE session_id = ANY ($1)', [sessionIds, at]);
    },
    async removeUnstarted(before) {
      await database.query(
        `DELETE FROM streams WHERE state = 'created' AND NOT scheduled
            AND COALESCE(reserved_until, created_at) < $1`,
        [before],
      );
    },
    remove: (id, at) =>
      database.transaction(async (connection) => {
        const [stream] = await list(connection, 'WHERE s.id = $1 FOR UPDATE OF s', [id]);
        if (!stream) return;
        await addTakedown(connection, stream, { recording: true, at });
        await connection.query('DELETE FROM streams WHERE id = $1', [id]);
      }),
    async listEvents(id) {
      return database.query<{ at: Date; type: string; detail: string }>(
        'SELECT at, type, detail FROM stream_events WHERE stream_id = $1 ORDER BY id DESC LIMIT 50',
        [id],
      );
    },
  };
}

/** `$1` is the limit, `$2` the last stream of the page before. */
const pageCondition = `
  ($2::text IS NULL OR (s.created_at, s.id) < (SELECT p.created_at, p.id FROM streams p WHERE p.id = $2))
  ORDER BY s.created_at DESC, s.id DESC LIMIT $1`;
const pageValues = ({ limit, after }: Page) => [limit, after ?? null];

async function insert(connection: Queryable, stream: NewStream): Promise<void> {
  await connection.query(
    `INSERT INTO streams (id, channel_id, title, visibility, passphrase_hash, state, scheduled, scheduled_for, created_at)
     VALUES ($1, $2, $3, $4, $5, 'created', $6, $7, $8)`,
    [
      stream.id,
      stream.channelId,
      stream.title,
      stream.visibility,
      stream.passphraseHash,
      stream.scheduled,
      stream.scheduledFor,
      stream.createdAt,
    ],
  );
}

async function carryOut(
  connection: Queryable,
  stream: StreamRecord,
  { set, note, announce: event }: Exclude<Outcome, string>,
  at: Date,
): Promise<void> {
  const changes = Object.entries(set) as [keyof Broadcast, unknown][];
  if (changes.length > 0) {
    const assignments = changes.map(([field], index) => `${columns[field]} = $${index + 2}`);
    const values = changes.map(([field, value]) => (field === 'renditions' ? JSON.stringify(value) : value));
    await connection.query(`UPDATE streams SET ${assignments.join(', ')} WHERE id = $1`, [stream.id, ...values]);
  }
  if (note) {
    await connection.query('INSERT INTO stream_events (stream_id, at, type, detail) VALUES ($1, $2, $3, $4)', [
      stream.id,
      at,
      note.type,
      note.detail,
    ]);
  }
  if (event) await announce(connection, { ...stream, ...set }, event, at);
}

/** The one in place and the one that was let in and has not started. */
async function disconnectPublishers(connection: Queryable, stream: StreamRecord, at: Date): Promise<void> {
  const keyIds = new Set([stream.keyId, stream.reservedKeyId].filter((keyId) => keyId !== null));
  for (const keyId of keyIds) await addRevocation(connection, { keyId, streamId: stream.id, at });
}

export const newStreamId = () => newId('st');
