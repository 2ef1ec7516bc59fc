import { poll } from '../../runtime/local/poll';
import { type PrivateRedis, startRedis } from '../../runtime/local/testing';
import { type Lease, LeaseLostError, Leases } from '../../runtime/packager/lease/lease';
import { type Progress, readProgress, type TimelineEntry } from '../../runtime/packager/lease/progress';
import { broadcastKeys, type PublishSession } from '../../runtime/shared/broadcast';
import { newId } from '../../runtime/shared/ids';
import { createLogger } from '../../runtime/shared/log';
import { connectRedis, type RedisClient } from '../../runtime/shared/redis';

jest.setTimeout(60_000);

const log = createLogger('test', 'silent');
let server: PrivateRedis;
let redis: RedisClient;

beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis({ REDIS_URL: server.url, REDIS_CLUSTER: true }, { purpose: 'commands', log });
});

afterAll(async () => {
  redis?.disconnect();
  await server?.stop();
});

const session = (streamId: string): PublishSession => ({
  ...{ streamId, channelId: 'ch', keyId: 'key', sessionId: 'session', source: 'rtmp', region: 'eu-west-1' },
  ...{ bridge: false, resumeGraceSeconds: 60, dvrSeconds: 0, record: false, retentionDays: 90 },
  ...{ mediaAccess: 'open', captionLanguages: [], startedAtMs: 0 },
});

const progress = (streamId: string, more: Partial<Progress> = {}): Progress => ({
  ...{ session: session(streamId), mediaMs: 2_000, nextSequence: 1, targetSeconds: 2, frameRate: 30 },
  ...{ video: [], audio: null, aliases: {}, captionLanguages: [], ended: false, ...more },
});

const entry: TimelineEntry = { sequence: 0, attempt: 1, seconds: 2, audioSeconds: 2, startMs: 0 };

/** A stream with a publisher. */
async function liveStream(): Promise<string> {
  const streamId = newId('st');
  await redis.set(broadcastKeys.session(streamId), JSON.stringify(session(streamId)));
  return streamId;
}

async function held(owner: string, streamId: string): Promise<Lease> {
  const lease = await new Leases(redis, owner, log).acquire(streamId);
  if (lease === 'held' || lease === 'nothing') throw new Error(`the lease is ${lease}`);
  return lease;
}

test('one packager has a broadcast, the others are told so', async () => {
  const streamId = await liveStream();
  const lease = await held('a', streamId);
  expect(await new Leases(redis, 'b', log).acquire(streamId)).toBe('held');
  await lease.release();
  const next = await held('b', streamId);
  expect(next.token).toBeGreaterThan(lease.token);
  await next.release();
});

test('there is nothing to take without a publisher and without anything published', async () => {
  expect(await new Leases(redis, 'a', log).acquire(newId('st'))).toBe('nothing');
});

test('a broadcast that waits for its encoder can be taken, one that has ended cannot', async () => {
  const streamId = await liveStream();
  const lease = await held('a', streamId);
  await redis.del(broadcastKeys.session(streamId));
  await lease.commit(progress(streamId), [entry]);
  await lease.release();
  const next = await held('b', streamId);
  await next.commit(progress(streamId, { ended: true }), []);
  await next.release();
  expect(await new Leases(redis, 'c', log).acquire(streamId)).toBe('nothing');
});

test('a packager that lost its lease can write nothing, and learns it', async () => {
  const streamId = await liveStream();
  const zombie = await held('a', streamId);
  await redis.del(broadcastKeys.lease(streamId));
  const successor = await held('b', streamId);
  await successor.commit(progress(streamId, { mediaMs: 4_000 }), [entry]);
  await expect(zombie.commit(progress(streamId, { mediaMs: 9_000 }), [entry])).rejects.toThrow(LeaseLostError);
  await expect(zombie.advance()).rejects.toThrow(LeaseLostError);
  expect(zombie.lost.aborted).toBe(true);
  const published = await readProgress(redis, streamId);
  expect(published?.progress.mediaMs).toBe(4_000);
  expect(published?.timeline).toEqual([entry]);
  await zombie.release();
  expect(await new Leases(redis, 'c', log).acquire(streamId)).toBe('held');
  await successor.release();
});

test('a new attempt fences off the one before, of the same packager', async () => {
  const streamId = await liveStream();
  const lease = await held('a', streamId);
  const first = lease.token;
  expect(await lease.advance()).toBeGreaterThan(first);
  await lease.commit(progress(streamId), []);
  await lease.release();
});

test('tokens do not repeat when Redis loses the counter', async () => {
  const streamId = await liveStream();
  const before = await held('a', streamId);
  await before.release();
  await redis.del(broadcastKeys.fence(streamId));
  const after = await held('a', streamId);
  expect(after.token).toBeGreaterThanOrEqual(before.token);
  expect(after.token).toBeGreaterThan(Date.UTC(2025, 0, 1) / 1_000);
  await after.release();
});

test('a lease that is held outlives its term, one whose holder is gone does not', async () => {
  const streamId = await liveStream();
  const lease = await held('a', streamId);
  await redis.pexpire(broadcastKeys.lease(streamId), 2_500);
  await poll(
    async () => {
      if ((await redis.pttl(broadcastKeys.lease(streamId))) < 3_000) throw new Error('not renewed yet');
    },
    { what: 'a renewal', deadlineMs: 5_000 },
  );
  await lease.release();
});
