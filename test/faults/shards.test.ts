import { createRedisBroker } from '../../runtime/chat/broker/redis-broker';
import { joinShards, type Membership } from '../../runtime/chat/shards/membership';
import { createShardRouting } from '../../runtime/chat/shards/routing';
import { connectRedis, type RedisClient } from '../../runtime/shared/redis';
import { type ChatPod, PolicyBoard, silent, startChatPod, until, Visitor } from '../chat/support/chat-pod';
import { takeTicket } from '../chat/support/frames';
import { Crowd, expectDense } from './support/crowd';
import { forkPod } from './support/fork-pod';
import { report } from './support/report';
import { type FaultyServer, startFaultyMongo, startFaultyRedis } from './support/servers';

jest.setTimeout(180_000);

describe('shards come and go under load', () => {
  let redis: FaultyServer;
  let mongo: FaultyServer;
  let servers: { redis: { url: string; cluster: boolean }; mongo: FaultyServer };
  const board = new PolicyBoard();
  const pods: ChatPod[] = [];
  const start = async (podName: string, change: Parameters<typeof startChatPod>[2] = {}) => {
    const pod = await startChatPod(servers, board, { podName, ...change });
    pods.push(pod);
    return pod;
  };
  /** A visitor whose ticket always comes from a pod that lives. */
  const visit = (room: string, alive: () => ChatPod | undefined) =>
    new Visitor('http://unused', room, undefined, {
      openUrl: async () => {
        const url = alive()?.url ?? '';
        return new URL(await takeTicket(url, room), url.replace('http', 'ws')).href;
      },
    });
  const expectAll = async (visitors: readonly Visitor[], texts: readonly string[], deadlineMs: number) => {
    for (const visitor of visitors) {
      await until('everything is read', () => visitor.texts.length >= texts.length, deadlineMs);
      expect(visitor.texts).toEqual(texts);
      expectDense(visitor);
    }
  };

  beforeAll(async () => {
    [redis, mongo] = await Promise.all([startFaultyRedis(), startFaultyMongo()]);
    servers = { redis: { url: redis.url, cluster: true }, mongo };
  });
  afterEach(async () => {
    for (const pod of pods.splice(0)) await pod.stop();
  });
  afterAll(async () => {
    await redis?.remove();
    await mongo?.remove();
  });

  it('one is killed with 2,000 sockets: all come back by themselves and miss nothing', async () => {
    board.set('st_killed');
    const survivor = await start('chat-1');
    const doomed = await forkPod({ redis: servers.redis, mongo: { url: mongo.url } }, 'st_killed', 'chat-0');
    let isDead = false;
    const openUrl = async () => {
      const url = isDead ? survivor.url : doomed.url;
      return new URL(await takeTicket(url, 'st_killed'), url.replace('http', 'ws')).href;
    };
    const visitors: Visitor[] = [];
    for (let n = 0; n < 2_000; n += 100) {
      const some = Array.from({ length: 100 }, () => new Visitor(doomed.url, 'st_killed', undefined, { openUrl }));
      visitors.push(...some);
      await until('they are in', () => some.every(({ client }) => client.state === 'open'), 20_000);
    }
    const writer = new Visitor(survivor.url, 'st_killed', 'us_ann');
    await until('the writer is in', () => writer.client.state === 'open');
    await writer.client.publish('before');
    await until('all have read it', () => visitors.every(({ texts }) => texts.length === 1), 10_000);

    isDead = true;
    doomed.process.kill('SIGKILL');
    const killedAt = Date.now();
    await writer.client.publish('during');
    await until('all are back', () => visitors.every(({ recoveries }) => recoveries.length === 2), 60_000);
    const seconds = (Date.now() - killedAt) / 1_000;
    await writer.client.publish('after');

    await expectAll(visitors, ['before', 'during', 'after'], 20_000);
    expect(visitors.every(({ recoveries }) => recoveries[1] === true)).toBe(true);
    for (const { client } of [...visitors, writer]) client.close();
    report({
      fault: 'shard killed (SIGKILL)',
      injected: '2,000 sockets',
      observed: `all back within ${seconds.toFixed(1)} s, every one recovered`,
      lost: 0,
    });
  });

  it('all are restarted one after the other while people write', async () => {
    board.set('st_rolling');
    const running = [await start('chat-0'), await start('chat-1'), await start('chat-2')];
    let turn = 0;
    const visitors = Array.from({ length: 60 }, () => visit('st_rolling', () => running[turn++ % running.length]));
    await until('all are in', () => visitors.every(({ client }) => client.state === 'open'), 10_000);
    const entrance = await start('chat-9');
    const crowd = new Crowd([entrance.url], 'st_rolling', 4);
    await crowd.enter();

    for (let index = 0; index < 3; index += 1) {
      const leaving = running.shift() as ChatPod;
      running.push(await start(`chat-${index}`));
      await leaving.service.gateway.drain(500);
      await leaving.stop();
    }
    await crowd.stop();

    const texts = [...crowd.acknowledged].sort((a, b) => a.offset - b.offset).map(({ text }) => text);
    await expectAll(visitors, texts, 15_000);
    for (const { closedBecause, recoveries } of visitors) {
      expect(closedBecause).toBe('');
      expect(recoveries.slice(1)).not.toContain(false);
    }
    crowd.leave();
    for (const { client } of visitors) client.close();
    report({
      fault: 'rolling restart of 3 shards',
      injected: '60 readers, 4 writers',
      observed: `${texts.length} messages read by all, in order, once`,
      lost: 0,
    });
  });

  it('N → N+1 → N−1 with a split view: every viewer sees the same order', async () => {
    board.set('st_resized');
    const client: RedisClient = connectRedis(
      { REDIS_URL: redis.url, REDIS_CLUSTER: true },
      { purpose: 'commands', log: silent },
    );
    const memberships: Membership[] = [];
    const startShard = async (shard: string) => {
      const membership = joinShards(client, { shard, sockets: () => 0, log: silent });
      memberships.push(membership);
      await membership.beat();
      const routing = createShardRouting(membership, createRedisBroker(client, client), Date.now);
      return start(shard, { shard, routing });
    };
    const shards = [await startShard('chat-0'), await startShard('chat-1')];
    // The gateway in front of them: any shard gives tickets, whatever it knows; the path leads to a shard by ordinal.
    const openUrl = async () => {
      const giver = shards[Math.floor(Math.random() * shards.length)] as ChatPod;
      const path = await takeTicket(giver.url, 'st_resized');
      const ordinal = Number(/\/s\/(\d+)\//.exec(path)?.[1] ?? 0);
      const target = shards[ordinal] ?? giver;
      return new URL(path, target.url.replace('http', 'ws')).href;
    };
    const visitors = Array.from(
      { length: 30 },
      () => new Visitor('http://unused', 'st_resized', undefined, { openUrl }),
    );
    await until('all are in', () => visitors.every(({ client: { state } }) => state === 'open'), 15_000);
    const crowd = new Crowd(shards.map(({ url }) => url).slice(0, 1), 'st_resized', 4);
    await crowd.enter();

    shards.push(await startShard('chat-2'));
    await until('some were written', () => crowd.acknowledged.length >= 20, 10_000);
    for (const ordinal of [2, 1]) {
      const leaving = shards.splice(ordinal, 1)[0] as ChatPod;
      await memberships[ordinal]?.leave();
      memberships[ordinal]?.close();
      await leaving.service.gateway.drain(300);
    }
    await until('some more', () => crowd.acknowledged.length >= 40, 10_000);
    await crowd.stop();

    const texts = [...crowd.acknowledged].sort((a, b) => a.offset - b.offset).map(({ text }) => text);
    await expectAll(visitors, texts, 15_000);
    crowd.leave();
    for (const visitor of visitors) visitor.client.close();
    memberships[0]?.close();
    client.disconnect();
    report({
      fault: 'shards 2 → 3 → 1 with stale views',
      injected: '30 readers, 4 writers',
      observed: `${texts.length} messages in the same order for all`,
      lost: 0,
    });
  });

  it('a flood in one room leaves another room’s delivery alone', async () => {
    board.set('st_flood');
    board.set('st_calm');
    const pod = await start('chat-0');
    const flood = new Crowd([pod.url], 'st_flood', 1);
    await flood.enter();
    const floodReaders = Array.from({ length: 300 }, () => new Visitor(pod.url, 'st_flood'));
    const reader = new Visitor(pod.url, 'st_calm');
    const writers = Array.from({ length: 10 }, (_, n) => new Visitor(pod.url, 'st_calm', `us_c${n}`));
    await until(
      'all are in',
      () => [...floodReaders, ...writers, reader].every(({ client }) => client.state === 'open'),
      20_000,
    );

    const client = connectRedis({ REDIS_URL: redis.url, REDIS_CLUSTER: true }, { purpose: 'commands', log: silent });
    const broker = createRedisBroker(client, client);
    let isFlooding = true;
    let flooded = 0;
    const flooding = (async () => {
      const event = JSON.stringify({
        type: 'message',
        user: { id: 'us_f', handle: 'f', role: 'viewer' },
        text: 'flood',
      });
      while (isFlooding) {
        await broker.publish('st_flood', { author: 'us_f', receipt: `f${flooded}`, event, slowModeMs: 0 });
        flooded += 1;
        await new Promise((resolve) => setTimeout(resolve, 8));
      }
    })();
    const latencies: number[] = [];
    for (let n = 0; n < 60; n += 1) {
      const sentAt = performance.now();
      await writers[n % 10]?.client.publish(`calm ${n}`);
      await until('it arrives', () => reader.texts.length === n + 1);
      latencies.push(performance.now() - sentAt);
    }
    isFlooding = false;
    await flooding;
    const p95 = latencies.sort((a, b) => a - b)[Math.floor(latencies.length * 0.95)] ?? Number.NaN;
    expect(p95).toBeLessThan(250);
    client.disconnect();
    flood.leave();
    await flood.stop();
    for (const visitor of [...floodReaders, ...writers, reader]) visitor.client.close();
    report({
      fault: 'flood in another room of the same pod',
      injected: `${flooded} messages to 300 readers`,
      observed: `p95 in the calm room ${p95.toFixed(0)} ms, client and server in one process`,
      lost: 0,
    });
  });
});
