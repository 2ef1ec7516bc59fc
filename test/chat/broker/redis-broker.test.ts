import { createRedisBroker } from '../../../runtime/chat/broker/redis-broker';
import { type PrivateRedis, startRedis } from '../../../runtime/local/testing';
import { connectRedis, type RedisClient } from '../../../runtime/shared/redis';
import { silent, until } from '../support/chat-pod';
import { describeBroker } from './broker-suite';

jest.setTimeout(30_000);

describe.each([
  { cluster: true, name: 'a Redis cluster' },
  { cluster: false, name: 'a single Redis' },
])('the broker on $name', ({ cluster }) => {
  let redis: PrivateRedis;
  let commands: RedisClient;
  let subscriber: RedisClient;

  beforeAll(async () => {
    redis = await startRedis({ cluster });
    const settings = { REDIS_URL: redis.url, REDIS_CLUSTER: cluster };
    commands = connectRedis(settings, { purpose: 'commands', log: silent });
    subscriber = connectRedis(settings, { purpose: 'subscriber', log: silent });
  });

  afterAll(async () => {
    commands?.disconnect();
    subscriber?.disconnect();
    await redis?.stop();
  });

  const broker = () => createRedisBroker(commands, subscriber);
  describeBroker(broker);

  it('starts a new epoch when everything was flushed', async () => {
    const room = 'st_flushed';
    const before = await broker().read(room);
    await commands.flushall();
    const after = await broker().read(room);
    expect(after.epoch).not.toBe(before.epoch);
    expect(after.state?.seeded).toBe(false);
  });

  it('starts a new epoch when another server run wrote last, and goes on from the newest event', async () => {
    const room = 'st_failover';
    await broker().seed(room, { policy: '{}', sanctions: new Map() });
    const message = { author: 'us_a', receipt: 'us_a:1', event: '{"type":"message","text":"kept"}', slowModeMs: 0 };
    await broker().publish(room, message);
    const before = await broker().read(room);
    await commands.hset(`chat:{${room}}:meta`, 'run', 'another-server');

    const after = await broker().read(room, before);

    expect(after.epoch).not.toBe(before.epoch);
    expect(after.offset).toBe(before.offset);
    expect(after.entries.map(({ epoch }) => epoch)).toEqual([before.epoch]);
    expect(await broker().publish(room, { ...message, receipt: 'us_a:2' })).toMatchObject({
      kind: 'done',
      epoch: after.epoch,
      offset: before.offset + 1,
    });
    // A receipt from before survives with the event that it stands for.
    expect(await broker().publish(room, message)).toMatchObject({ kind: 'done', epoch: before.epoch, offset: 1 });
  });

  it('keeps everything of a room in one slot', async () => {
    await until('the room is written', async () => (await commands.exists('chat:{st_failover}:meta')) === 1);
    const slots = new Set<unknown>();
    for (const name of ['meta', 'log', 'outbox', 'claim', 'presence']) {
      if (cluster) slots.add(await (commands as RedisClient).call('CLUSTER', 'KEYSLOT', `chat:{st_failover}:${name}`));
    }
    expect(slots.size).toBe(cluster ? 1 : 0);
  });
});
