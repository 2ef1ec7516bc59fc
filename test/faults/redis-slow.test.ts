import { setTimeout as pause } from 'node:timers/promises';
import { type ChatPod, PolicyBoard, startChatPod, until, Visitor } from '../chat/support/chat-pod';
import { Relay } from '../contract/relay';
import { Crowd, expectDense, neverLeft } from './support/crowd';
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
    const crowd = new Crowd([pod.url], room, 8);
    await crowd.enter();
    const reader = new Visitor(pod.url, room);
    await until('some were written', () => crowd.acknowledged.length >= 24, 20_000);
    const before = crowd.acknowledged.length;
    relay.slow(delayMs);
    await pause(slowForMs);
    const during = crowd.acknowledged.length - before;
    relay.slow(0);
    await until('it is as fast as before', () => crowd.acknowledged.length >= before + during + 24, 30_000);
    await crowd.stop();

    const newest = Math.max(...crowd.acknowledged.map(({ offset }) => offset));
    await until('the reader is level', () => (reader.events.at(-1)?.event.offset ?? 0) >= newest, 15_000);
    expectDense(reader);
    for (const { states } of [reader, ...crowd.writers]) expect(states).toEqual(neverLeft);
    expect(during).toBeGreaterThan(8);
    expect(new Set(reader.texts).size).toBe(reader.texts.length);
    const shown = new Set(reader.texts);
    const lost = crowd.acknowledged.filter(({ text }) => !shown.has(text));
    expect(lost).toEqual([]);
    crowd.leave();
    reader.client.close();
    report({
      fault: 'Redis slow',
      injected: `${delayMs / 1_000} s per answer for ${slowForMs / 1_000} s under 8 writers`,
      observed: `no socket closed; ${during} acks meanwhile, ${crowd.acknowledged.length} checked`,
      lost: lost.length,
    });
  });
});
