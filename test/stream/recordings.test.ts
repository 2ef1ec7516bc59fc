import { join } from 'node:path';
import {
  CopyObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  RestoreObjectCommand,
} from '@aws-sdk/client-s3';
import { type PrivatePostgres, startPostgres } from '../../runtime/local/testing';
import { newId } from '../../runtime/shared/ids';
import { createLogger } from '../../runtime/shared/log';
import { recordingKeys } from '../../runtime/shared/media-layout';
import { migrate } from '../../runtime/shared/migrate';
import { connectDatabase, type Database } from '../../runtime/shared/postgres';
import { createPostgresChannelStore } from '../../runtime/stream/channels/postgres-store';
import { defaultChannelSettings } from '../../runtime/stream/contract';
import { observe } from '../../runtime/stream/recordings/machine';
import { createMediaObjects, parseRestore } from '../../runtime/stream/recordings/objects';
import { createRecordings, type Recordings } from '../../runtime/stream/recordings/recordings';
import {
  createPostgresRecordingStore,
  type Recording,
  type RecordingStore,
} from '../../runtime/stream/recordings/store';
import { createPostgresStreamStore } from '../../runtime/stream/streams/postgres-store';
import type { StreamStore } from '../../runtime/stream/streams/store';
import { type ArchiveServer, startArchiveServer } from './archive-server';

const region = 'us-east-1';
const log = createLogger('test', 'silent');
const gb = 2 ** 30;

let postgres: PrivatePostgres;
let archive: ArchiveServer;
let database: Database;
let store: RecordingStore;
let streams: StreamStore;
let recordings: Recordings;

beforeAll(async () => {
  [postgres, archive] = await Promise.all([startPostgres(), startArchiveServer()]);
  const settings = {
    PG_WRITER: `${postgres.host}:${postgres.port}`,
    PG_READERS: [],
    PG_DATABASE: postgres.database,
    PG_CREDENTIALS_FILE: postgres.credentialsFile,
  };
  database = connectDatabase(settings, log);
  await migrate(database, join(__dirname, '../../runtime/stream/migrations'));
  store = createPostgresRecordingStore(database);
  streams = createPostgresStreamStore(database);
  const storage = {
    client: archive.client,
    recordingsBucket: archive.bucket,
    hlsClient: archive.client,
    hlsBucket: 'none',
  };
  const objects = createMediaObjects(() => storage);
  recordings = createRecordings({ store, streams, objects, quotaGb: 5, log, now: () => archive.now() });
}, 180_000);

afterAll(async () => {
  await database?.close();
  await Promise.all([archive?.stop(), postgres?.stop()]);
});

/** A stream that has ended, with its recording reported and in the bucket. */
async function record(bytes = 2 * gb, ownerId = newId('us')): Promise<Recording> {
  const channelId = newId('ch');
  const id = newId('st');
  const createdAt = new Date();
  const handle = `c${channelId.slice(3)}`;
  const channel = { id: channelId, handle, ownerId, title: 'C', description: '', settings: defaultChannelSettings };
  await createPostgresChannelStore(database).create({ ...channel, createdAt });
  const stream = { id, channelId, title: 'S', visibility: 'public', passphraseHash: null, scheduled: true } as const;
  await streams.create({ ...stream, scheduledFor: null, createdAt });
  const changed = await streams.change(id, createdAt, () => ({ set: { region, state: 'ended' } }));
  if (!changed) throw new Error('there is no stream');
  await archive.client.send(
    new PutObjectCommand({
      Bucket: archive.bucket,
      Key: recordingKeys.recording({ region, streamId: id }),
      Body: 'mp4',
    }),
  );
  const ready = { type: 'recording-ready', durationSeconds: 60, bytes, width: 1280, height: 720 } as const;
  await recordings.report(changed.stream, ready, createdAt);
  return found(id);
}

async function found(streamId: string): Promise<Recording> {
  const recording = await store.find(streamId);
  if (!recording) throw new Error('there is no such recording');
  return recording;
}

const classOf = async (recording: Recording) =>
  (
    await archive.client.send(
      new HeadObjectCommand({ Bucket: archive.bucket, Key: recordingKeys.recording(recording) }),
    )
  ).StorageClass;

const hoursFromNow = (hours: number) => new Date(archive.now().getTime() + hours * 3_600_000);

describe('a recording', () => {
  it('is available when the packager says so, and a late failure does not take it away', async () => {
    const recording = await record();
    expect(recording).toMatchObject({ state: 'available', retentionDays: 90, durationSeconds: 60 });
    const stream = await streams.find(recording.streamId, 'recent');
    if (!stream) throw new Error('there is no stream');
    await recordings.report(stream, { type: 'recording-failed', reason: 'late' }, new Date());
    expect((await found(recording.streamId)).state).toBe('available');
  });

  it('goes to the archive on demand, and only once', async () => {
    const recording = await record();
    await recordings.archive(recording);
    expect(await classOf(recording)).toBe('DEEP_ARCHIVE');
    const archived = await found(recording.streamId);
    expect(archived.state).toBe('archived');
    expect((await streams.find(recording.streamId, 'recent'))?.state).toBe('archived');
    await expect(recordings.archive(archived)).rejects.toMatchObject({ code: 'illegal-transition' });
  });

  it('that the bucket’s lifecycle archived is seen to be', async () => {
    const recording = await record();
    const Key = recordingKeys.recording(recording);
    await archive.client.send(
      new CopyObjectCommand({
        Bucket: archive.bucket,
        Key,
        CopySource: `${archive.bucket}/${Key}`,
        StorageClass: 'DEEP_ARCHIVE',
      }),
    );
    await recordings.observeAll();
    expect((await found(recording.streamId)).state).toBe('archived');
  });

  it('keeps its tag for the lifecycle when its retention is changed', async () => {
    const recording = await record();
    await recordings.setRetention(recording, 365);
    const { TagSet } = await archive.client.send(
      new GetObjectTaggingCommand({ Bucket: archive.bucket, Key: recordingKeys.recording(recording) }),
    );
    expect(TagSet).toEqual([{ Key: 'headend-retention-days', Value: '365' }]);
    expect((await found(recording.streamId)).retentionDays).toBe(365);
  });
});

describe('a restore', () => {
  async function archived(bytes?: number, ownerId?: string): Promise<Recording> {
    const recording = await record(bytes, ownerId);
    await recordings.archive(recording);
    return found(recording.streamId);
  }

  it('tells hours, price and what is left of the quota first', async () => {
    const quotes = await recordings.quote(await archived(2 * gb), 7);
    expect(quotes).toEqual([
      { tier: 'standard', hours: 12, priceUsd: 0.0507, days: 7, quotaBytesLeft: 5 * gb, allowed: true },
      { tier: 'bulk', hours: 48, priceUsd: 0.0157, days: 7, quotaBytesLeft: 5 * gb, allowed: true },
    ]);
  });

  it('takes its hours, cannot be asked for twice, and the copy goes after its days', async () => {
    const recording = await archived();
    await recordings.restore(recording, 'bulk', 7);
    const restoring = await found(recording.streamId);
    expect(restoring).toMatchObject({ state: 'restoring', readyBy: hoursFromNow(48) });
    await expect(recordings.restore(restoring, 'standard', 7)).rejects.toMatchObject({ code: 'restore-in-progress' });

    archive.advance(47);
    await recordings.observeAll();
    expect((await found(recording.streamId)).state).toBe('restoring');

    archive.advance(1);
    await recordings.observeAll();
    const restored = await found(recording.streamId);
    expect(restored.state).toBe('restored');
    expect(Math.abs((restored.expiresAt?.getTime() ?? 0) - hoursFromNow(7 * 24).getTime())).toBeLessThan(1_000);

    archive.advance(7 * 24);
    await recordings.observeAll();
    expect(await found(recording.streamId)).toMatchObject({ state: 'archived', readyBy: null, expiresAt: null });
    await recordings.restore(await found(recording.streamId), 'standard', 1);
  });

  it('that S3 has begun for somebody else is taken for ours', async () => {
    const recording = await archived();
    await archive.client.send(
      new RestoreObjectCommand({
        Bucket: archive.bucket,
        Key: recordingKeys.recording(recording),
        RestoreRequest: { Days: 1, GlacierJobParameters: { Tier: 'Standard' } },
      }),
    );
    await recordings.restore(recording, 'standard', 1);
    expect((await found(recording.streamId)).state).toBe('restoring');
  });

  it('asked for by two at once begins once and counts once', async () => {
    const recording = await archived(1 * gb);
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => recordings.restore(recording, 'bulk', 1)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await store.restoredBytes(recording.ownerId, new Date(0))).toBe(1 * gb);
  });

  it('stops at the owner’s quota of the month', async () => {
    const ownerId = newId('us');
    await recordings.restore(await archived(3 * gb, ownerId), 'bulk', 1);
    const second = await archived(3 * gb, ownerId);
    expect((await recordings.quote(second, 7)).map(({ allowed }) => allowed)).toEqual([false, false]);
    await expect(recordings.restore(second, 'bulk', 1)).rejects.toMatchObject({ code: 'quota-exceeded' });
    expect((await found(second.streamId)).state).toBe('archived');
  });

  it('that the archive refuses leaves everything as it was', async () => {
    const recording = await archived();
    await archive.client.send(
      new PutObjectCommand({ Bucket: archive.bucket, Key: recordingKeys.recording(recording), Body: 'not archived' }),
    );
    await expect(recordings.restore(recording, 'bulk', 1)).rejects.toMatchObject({ code: 'upstream-failed' });
    expect((await found(recording.streamId)).state).toBe('archived');
    expect(await store.restoredBytes(recording.ownerId, new Date(0))).toBe(0);
  });
});

describe('deleting a recording', () => {
  it('says what the archive still bills', async () => {
    const recording = await record(100 * gb);
    await recordings.archive(recording);
    expect(await recordings.remove(await found(recording.streamId))).toBeCloseTo(0.594, 3);
    expect(await store.find(recording.streamId)).toBeUndefined();
  });

  it('costs nothing more before it is archived', async () => {
    expect(await recordings.remove(await record())).toBe(0);
  });
});

describe('what S3 says of a restore', () => {
  it.each([
    ['ongoing-request="true"', { ongoing: true }],
    [
      'ongoing-request="false", expiry-date="Fri, 21 Dec 2029 00:00:00 GMT"',
      { ongoing: false, expiresAt: new Date('2029-12-21T00:00:00Z') },
    ],
    ['something new', undefined],
  ])('%s', (header, expected) => {
    expect(parseRestore(header)).toEqual(expected);
  });

  it('moves only recordings that can move', () => {
    const archivedObject = { archived: true };
    expect(observe('available', archivedObject)?.state).toBe('archived');
    expect(observe('archived', archivedObject)).toBeUndefined();
    expect(observe('restoring', archivedObject)).toBeUndefined();
    expect(observe('restored', archivedObject)?.state).toBe('archived');
    expect(observe('processing', archivedObject)).toBeUndefined();
    expect(observe('failed', archivedObject)).toBeUndefined();
  });
});
