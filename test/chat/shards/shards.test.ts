import { createRedisBroker } from '../../../runtime/chat/broker/redis-broker';
import { closeCodes } from '../../../runtime/chat/protocol';
import { joinShards, type Membership } from '../../../runtime/chat/shards/membership';
import { createShardRouting } from '../../../runtime/chat/shards/routing';
import { connectRedis, type RedisClient } from '../../../runtime/shared/redis';
import { rendezvousOrder } from '../../../runtime/shared/rendezvous';
import { type ChatPod, silent, startChatPod, until, Visitor } from '../support/chat-pod';
import { RawSocket, takeTicket } from '../support/frames';
import { withTwoPods } from '../support/servers';

jest.setTimeout(60_000);

describe('shards', () => {
  const chat = withTwoPods();
  let redis: RedisClient;
  const memberships: Membership[] = [];
  const joinAs = (shard: string, sockets = 0) => {
    const membership = joinShards(redis, { shard, sockets: () => sockets, log: silent });
    memberships.push(membership);
    return membership;
  };

  beforeAll(() => {
    redis = connectRedis({ REDIS_URL: chat.redis.url, REDIS_CLUSTER: true }, { purpose: 'commands', log: silent });
  });
  afterEach(async () => {
    for (const membership of memberships.splice(0)) {
      membership.close();
      await membership.leave();
    }
  });
  afterAll(() => redis.disconnect());

  it('see each other, with their load, and agree on a version that only rises', async () => {
    const first = joinAs('chat-0', 5);
    await first.beat();
    const second = joinAs('chat-1', 7);
    await second.beat();
    await first.beat();
    expect(first.view).toEqual(second.view);
    expect(first.view.shards).toEqual([
      { name: 'chat-0', connections: 5 },
      { name: 'chat-1', connections: 7 },
    ]);
    const { version } = first.view;
    await second.leave();
    await first.beat();
    expect(first.view.shards.map(({ name }) => name)).toEqual(['chat-0']);
    expect(first.view.version).toBeGreaterThan(version);
  });

  it('are gone when they have been silent for ten seconds', async () => {
    const stays = joinAs('chat-0');
    await stays.beat();
    await redis.zadd('chat:{shards}:seen', Date.now() - 11_000, 'chat-dead');
    await stays.beat();
    expect(stays.view.shards.map(({ name }) => name)).toEqual(['chat-0']);
  });

  it('answer a ticket with the room’s own shard, and send who comes to another one there, once', async () => {
    chat.board.set('st_sharded');
    const pods = new Map<string, ChatPod>();
    for (const shard of ['chat-0', 'chat-1']) {
      const membership = joinAs(shard);
      await membership.beat();
      const routing = createShardRouting(membership, createRedisBroker(redis, redis), Date.now);
      pods.set(shard, await startChatPod(chat, chat.board, { podName: shard, shard, routing }));
    }
    for (const membership of memberships) await membership.beat();
    const [right = '', wrong = ''] = rendezvousOrder('st_sharded', [...pods.keys()]);
    const path = await takeTicket(pods.get(wrong)?.url ?? '', 'st_sharded', 'us_ann');
    expect(path).toContain(`/api/chat/s/${right.slice(5)}/ws?`);

    const lost = await new RawSocket((pods.get(wrong)?.url ?? '') + path).joined();
    expect(await lost.closeCode()).toBe(closeCodes.moved.code);
    const redirect = lost.frames.find((frame) => frame.type === 'reconnect');
    expect(redirect?.url).toContain(`/api/chat/s/${right.slice(5)}/ws?`);

    // With a stale view the redirect may lead to the wrong shard again: that one serves the room all the same.
    const stubborn = await new RawSocket((pods.get(wrong)?.url ?? '') + redirect?.url).joined();
    expect(stubborn.frames[0]).toMatchObject({ type: 'welcome', you: { id: 'us_ann' } });
    stubborn.send({ type: 'publish', key: '1', text: 'served anywhere' });
    const elsewhere = new Visitor(pods.get(right)?.url ?? '', 'st_sharded', 'us_bob');
    await until('seen at the right shard', () => elsewhere.texts.includes('served anywhere'));

    stubborn.webSocket.terminate();
    elsewhere.client.close();
    for (const pod of pods.values()) await pod.stop();
  });
});
