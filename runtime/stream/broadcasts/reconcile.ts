import type { Logger } from '../../shared/log';
import type { Database } from '../../shared/postgres';
import { repeat } from '../../shared/repeat';
import type { Rooms } from '../livekit/rooms';
import type { StreamRecord, StreamStore } from '../streams/store';
import { finish, lose } from './events';
import type { Presence } from './presence';

const everyMs = 3_000;

/** Gone for this long, a publisher is lost: its gate died without a word. Longer than a session takes to expire. */
const unseenSeconds = 12;

/** A live stream without a packager for this long is put back into the work set. */
const unpackagedSeconds = 10;

/** A room without a stream is removed once it is older than any join in progress. */
const orphanSeconds = 120;

/** Streams that were let in and never started are forgotten after this. */
const unstartedSeconds = 60;

export interface ReconcilerOptions {
  readonly database: Database;
  readonly streams: StreamStore;
  readonly presence: Presence;
  readonly rooms: Rooms;
  /** Regions whose rooms are looked after. */
  readonly regions: readonly string[];
  readonly log: Logger;
  readonly now: () => Date;
}

export interface Reconciler {
  /** Looks now rather than at the next turn; at most once a second. */
  soon(): void;
  stop(): Promise<void>;
}

/**
 * Repairs what events missed. Each pass takes a lock that one pod at a time can have, and reads all it decides on anew:
 * running it twice changes nothing more.
 */
export function startReconciler(options: ReconcilerOptions): Reconciler {
  const { database, log } = options;
  const unpackagedSince = new Map<string, number>();
  let lastPassMs = 0;

  const pass = async () => {
    lastPassMs = Date.now();
    try {
      await withLock(database, async () => {
        const active = await options.streams.listInStates(['waiting', 'live', 'interrupted']);
        for (const stream of active) await reconcileStream(stream, options, unpackagedSince);
        await options.streams.removeUnstarted(secondsAgo(options.now(), unstartedSeconds));
        await removeOrphans(active, options);
      });
    } catch (error) {
      log.warn({ err: error }, 'streams could not be reconciled');
    }
  };

  const passes = repeat(pass, everyMs);
  let hinted = Promise.resolve();
  return {
    soon() {
      if (Date.now() - lastPassMs < 1_000) return;
      hinted = hinted.then(pass);
    },
    async stop() {
      await passes.stop();
      await hinted;
    },
  };
}

const secondsAgo = (now: Date, seconds: number) => new Date(now.getTime() - seconds * 1_000);

async function reconcileStream(
  stream: StreamRecord,
  options: ReconcilerOptions,
  unpackagedSince: Map<string, number>,
): Promise<void> {
  const { streams, now } = options;
  if (stream.state === 'interrupted') {
    const { resumeGraceSeconds } = stream.channel.settings;
    if (stream.interruptedAt === null || stream.interruptedAt > secondsAgo(now(), resumeGraceSeconds)) return;
    await streams.change(stream.id, now(), (locked) =>
      locked.state === 'interrupted' ? finish(locked, now(), 'the encoder did not come back') : 'stale',
    );
    return;
  }
  await checkPublisher(stream, options);
  await checkPackager(stream, options, unpackagedSince);
}

async function checkPublisher(stream: StreamRecord, { streams, presence, now, log }: ReconcilerOptions): Promise<void> {
  const { id, region, sessionId, seenAt } = stream;
  if (region === null || sessionId === null) return;
  const publisher = await presence.publisher(region, id, sessionId);
  if (publisher === 'there') {
    await streams.markSeen([sessionId], now());
    return;
  }
  // A cell that is cut off keeps its broadcasts.
  if (publisher === 'unknown' || (seenAt !== null && seenAt > secondsAgo(now(), unseenSeconds))) return;
  log.info({ streamId: id, region }, 'publisher vanished');
  await streams.change(id, now(), (locked) => (locked.sessionId === sessionId ? lose(locked, now()) : 'stale'));
}

async function checkPackager(
  { id, region, source }: StreamRecord,
  { presence, log }: ReconcilerOptions,
  unpackagedSince: Map<string, number>,
): Promise<void> {
  if (region === null || source === null) return;
  if ((await presence.isPackaged(region, id)) !== false) {
    unpackagedSince.delete(id);
    return;
  }
  const since = unpackagedSince.get(id) ?? Date.now();
  unpackagedSince.set(id, since);
  if (Date.now() - since < unpackagedSeconds * 1_000) return;
  log.warn({ streamId: id, region }, 'no packager holds this stream; asking again');
  await presence.requestPackager(region, id);
  unpackagedSince.set(id, Date.now());
}

async function removeOrphans(active: readonly StreamRecord[], options: ReconcilerOptions): Promise<void> {
  const { rooms, streams, regions, log, now } = options;
  const inUse = new Set(active.map((stream) => stream.id));
  for (const region of regions) {
    const listed = await rooms.list(region).catch((error: unknown) => {
      log.debug({ err: error, region }, 'rooms cannot be listed');
      return [];
    });
    for (const room of listed) {
      if (!room.name.startsWith('st_') || inUse.has(room.name)) continue;
      if (room.createdAt > secondsAgo(now(), orphanSeconds)) continue;
      // Publishing may have begun since the streams were read.
      const stream = await streams.find(room.name, 'recent');
      if (stream && stream.state !== 'ended' && stream.state !== 'archived') continue;
      log.info({ region, room: room.name }, 'removing a room without a stream');
      await rooms.remove(region, room.name);
    }
  }
}

/** Runs `work` unless another pod is at it. */
async function withLock(database: Database, work: () => Promise<void>): Promise<void> {
  await database.withConnection(async (connection) => {
    const [row] = await connection.query<{ locked: boolean }>(
      `SELECT pg_try_advisory_lock(hashtext('reconciler')) AS locked`,
    );
    if (!row?.locked) return;
    try {
      await work();
    } finally {
      await connection.query(`SELECT pg_advisory_unlock(hashtext('reconciler'))`);
    }
  });
}
