import { setTimeout as pause } from 'node:timers/promises';
import { type ChatPod, PolicyBoard, startChatPod } from '../chat/support/chat-pod';
import { Relay } from '../contract/relay';
import { throughout } from './support/crowd';
import { report } from './support/report';
import { type FaultyServer, startFaultyMongo, startFaultyRedis } from './support/servers';

jest.setTimeout(120_000);

const room = 'st_slow';
const delayMs = 2_000;
const slowForMs = 15_000;

describe(`Redis answers ${delayMs / 1_000} s late`, () => {
  let redis: FaultyServer;
  let mongo: FaultyServer;
  let relay: Relay;
  let pod: ChatPod;
  const board = new PolicyBoard();

  beforeAll(async () => {
    // Not a cluster: its clients would find their way around the relay.
    [redis, mongo] = await Promise.all([startFaultyRedis({ cluster: false }), startFaultyMongo()]);
    relay = await Relay.start({ host: '127.0.0.1', port: redis.port });
    const servers = { redis: { url: `redis://127.0.0.1:${relay.port}`, cluster: false }, mongo };
    board.set(room);
    pod = await startChatPod(servers, board);
  });
  afterAll(async () => {
    await pod?.stop();
    await relay?.stop();
    await redis?.remove();
    await mongo?.remove();
  });

  it('sockets stay, writing goes on slowly, nothing acknowledged is lost or told twice', async () => {
    const { acknowledged, meanwhile, lost } = await throughout([pod.url], room, async () => {
      relay.slow(delayMs);
      await pause(slowForMs);
      relay.slow(0);
    });
    expect(meanwhile).toBeGreaterThan(8);
    expect(lost).toEqual([]);
    report({
      fault: 'Redis slow',
      injected: `${delayMs / 1_000} s per answer for ${slowForMs / 1_000} s under 8 writers`,
      observed: `no socket closed; ${meanwhile} acks meanwhile, ${acknowledged.length} checked`,
      lost: lost.length,
    });
  });
});
