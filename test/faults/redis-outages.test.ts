import { Redis } from 'ioredis';
import { createLocalRateLimiter, createRateLimiter } from '../../runtime/shared/rate-limit';
import { connectRedis } from '../../runtime/shared/redis';
import { type ChatPod, PolicyBoard, silent, startChatPod, until, Visitor } from '../chat/support/chat-pod';
import { neverLeft, throughout } from './support/crowd';
import { report } from './support/report';
import { type FaultyServer, startFaultyMongo, startFaultyRedis } from './support/servers';

jest.setTimeout(120_000);

describe('Redis is away', () => {
  let redis: FaultyServer;
  let mongo: FaultyServer;
  let pods: ChatPod[];
  let admin: Redis;
  const board = new PolicyBoard();

  beforeAll(async () => {
    [redis, mongo] = await Promise.all([startFaultyRedis(), startFaultyMongo()]);
    const servers = { redis: { url: redis.url, cluster: true }, mongo };
    pods = [await startChatPod(servers, board), await startChatPod(servers, board, { podName: 'chat-1' })];
    admin = new Redis(redis.port, '127.0.0.1');
    admin.on('error', () => undefined);
  });

  afterAll(async () => {
    admin?.disconnect();
    for (const pod of pods ?? []) await pod.stop();
    await redis?.remove();
    await mongo?.remove();
  });

  const throughFault = (room: string, inject: () => Promise<void>) => {
    board.set(room);
    return throughout(
      pods.map(({ url }) => url),
      room,
      inject,
    );
  };

  it('frozen for 10 s: sockets stay, nothing acknowledged is lost', async () => {
    const { acknowledged, lost } = await throughFault('st_frozen', async () => {
      redis.freeze();
      await new Promise((resolve) => setTimeout(resolve, 10_000));
      redis.thaw();
    });
    expect(lost).toEqual([]);
    expect(new Set(acknowledged.map(({ text }) => text)).size).toBe(acknowledged.length);
    report({
      fault: 'Redis frozen (SIGSTOP)',
      injected: '10 s under 8 writers',
      observed: `no socket closed; ${acknowledged.length} acks checked`,
      lost: lost.length,
    });
  });

  it('read-only: publishes are told to come back, no offset is invented', async () => {
    board.set('st_readonly');
    const ann = new Visitor(pods[0]?.url ?? '', 'st_readonly', 'us_ann');
    await until('in', () => ann.client.state === 'open');
    const first = await ann.client.publish('before');
    await admin.config('SET', 'min-replicas-to-write', '3');
    const meanwhile = ann.client.publish('meanwhile');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(ann.texts).toEqual(['before']);
    await admin.config('SET', 'min-replicas-to-write', '0');
    const second = await meanwhile;
    expect(second).toEqual({ epoch: first.epoch, offset: first.offset + 1 });
    await until('it is shown once', () => ann.texts.length === 2);
    expect(ann.texts).toEqual(['before', 'meanwhile']);
    ann.client.close();
    report({
      fault: 'Redis refuses writes',
      injected: '1.5 s',
      observed: 'the same command went through later',
      lost: 0,
    });
  });

  it('flushed: a new epoch, sockets stay, bans are still in force', async () => {
    board.set('st_flushed');
    const owner = new Visitor(pods[0]?.url ?? '', 'st_flushed', 'us_owner');
    const ann = new Visitor(pods[1]?.url ?? '', 'st_flushed', 'us_ann');
    await until('in', () => owner.client.state === 'open' && ann.client.state === 'open');
    await owner.client.sanction({ id: 'us_eve', handle: 'eve' });
    const before = await ann.client.publish('before');
    await admin.flushall();
    const after = await ann.client.publish('after');
    expect(after.epoch).not.toBe(before.epoch);
    await until('both have the new epoch', () => owner.events.at(-1)?.epoch === after.epoch);
    expect(owner.states).toEqual(neverLeft);
    const eve = new Visitor(pods[1]?.url ?? '', 'st_flushed', 'us_eve');
    await until('she is out', () => eve.client.state === 'closed');
    for (const { client } of [owner, ann]) client.close();
    report({
      fault: 'Redis flushed (FLUSHALL)',
      injected: 'once',
      observed: 'new epoch, bans read again from the document store; history is a cache and was emptied',
      lost: 0,
    });
  });

  it('killed and restarted: writing goes on, nothing acknowledged is lost', async () => {
    await admin.config('SET', 'appendfsync', 'always');
    const { acknowledged, lost } = await throughFault('st_restarted', async () => {
      await redis.kill();
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      await redis.start();
    });
    expect(lost).toEqual([]);
    report({
      fault: 'Redis killed (SIGKILL) and restarted on its file',
      injected: '2 s under 8 writers',
      observed: `no socket closed; ${acknowledged.length} acks checked`,
      lost: lost.length,
    });
  });

  it('gone for the limiter: neither unlimited nor shut, and back by itself', async () => {
    const limiterRedis = connectRedis(
      { REDIS_URL: redis.url, REDIS_CLUSTER: true },
      { purpose: 'limiter', log: silent },
    );
    const limiter = createRateLimiter(limiterRedis, silent);
    const limit = { burst: 40, perMinute: 1, subject: 'ip' } as const;
    const allowedOf = async (subject: string) => {
      let allowed = 0;
      for (let n = 0; n < 60; n += 1) if ((await limiter.take('fault', limit, subject)).allowed) allowed += 1;
      return allowed;
    };
    await until('the limiter is connected', async () => limiterRedis.status === 'ready');
    expect(await allowedOf('with')).toBe(40);
    await redis.kill();
    const without = await allowedOf('without');
    expect(without).toBeGreaterThan(0);
    expect(without).toBeLessThanOrEqual(10);
    expect(await createLocalRateLimiter(0.25).take('fault', limit, 'x')).toMatchObject({ allowed: true });
    await redis.start();
    await until('Redis counts again', async () => (await allowedOf(`back-${Date.now()}`)) === 40, 20_000);
    limiterRedis.disconnect();
    report({
      fault: 'Redis gone for the rate limiter',
      injected: '60 requests',
      observed: `${without} of 40 allowed`,
      lost: 0,
    });
  });
});
