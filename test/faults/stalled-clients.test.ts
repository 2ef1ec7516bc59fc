import { setTimeout as pause } from 'node:timers/promises';
import { residentBytes } from '../../bench/chat/pinned';
import { createRedisBroker } from '../../runtime/chat/broker/redis-broker';
import { closeCodes, type ServerFrame } from '../../runtime/chat/protocol';
import { connectRedis } from '../../runtime/shared/redis';
import { silent, until } from '../chat/support/chat-pod';
import { RawSocket, takeTicket } from '../chat/support/frames';
import { type ForkedPod, forkPod } from './support/fork-pod';
import { report } from './support/report';
import { type FaultyServer, startFaultyMongo, startFaultyRedis } from './support/servers';

jest.setTimeout(180_000);

const room = 'st_stalled';
const sockets = 80;
const stalledSockets = sockets / 10;
const messages = 6_000;
const textBytes = 4_000;
/** RFC 6455 § 7.4.1: the connection ended without a close frame. */
const abnormalClosure = 1_006;
/** Far below what the stalled ones would make it keep: 8 × 24 MB. */
const mostGrowthBytes = 96e6;

describe('a tenth of the sockets never read', () => {
  let redis: FaultyServer;
  let mongo: FaultyServer;
  let pod: ForkedPod;

  beforeAll(async () => {
    [redis, mongo] = await Promise.all([startFaultyRedis(), startFaultyMongo()]);
  });
  afterAll(async () => {
    pod?.process.kill('SIGTERM');
    await redis?.remove();
    await mongo?.remove();
  });

  it('the pod keeps little for them and lets them go; the others miss nothing', async () => {
    const servers = { redis: { url: redis.url, cluster: true }, mongo: { url: mongo.url } };
    pod = await forkPod(servers, room, 'chat-0');
    const all = await Promise.all(Array.from({ length: sockets }, () => join(pod.url)));
    const stalled = all.slice(0, stalledSockets);
    const readers = all.slice(stalledSockets);
    for (const { socket } of stalled) socket.webSocket.pause();

    const pid = pod.process.pid as number;
    const before = residentBytes(pid);
    let peak = before;
    const sampling = setInterval(() => {
      peak = Math.max(peak, residentBytes(pid));
    }, 100);
    await flood(redis.url);
    await until('all readers are level', () => readers.every(({ offset }) => offset() === messages), 30_000);
    clearInterval(sampling);
    for (const { socket } of stalled) {
      socket.webSocket.resume();
      // The close frame waits behind what was not read, and is lost when the pod has waited long enough.
      expect([closeCodes.slow.code, abnormalClosure]).toContain(await socket.closeCode());
    }

    expect(readers.filter(({ gaps }) => gaps() > 0)).toEqual([]);
    expect(readers.filter(({ socket }) => socket.closed !== undefined)).toEqual([]);
    expect(peak - before).toBeLessThan(mostGrowthBytes);
    for (const { socket } of all) socket.webSocket.terminate();
    report({
      fault: 'clients that never read',
      injected: `${stalledSockets} of ${sockets}, ${messages} messages of ${textBytes} bytes`,
      observed: `let go; memory grew by ${((peak - before) / 1e6).toFixed(0)} MB at most`,
      lost: 0,
    });
  });
});

/** A socket that remembers how far it has read, not what: there is much. */
async function join(url: string) {
  const socket = new RawSocket(new URL(await takeTicket(url, room), url).href);
  await socket.joined();
  let newest = 0;
  let missed = 0;
  socket.webSocket.removeAllListeners('message');
  socket.webSocket.on('message', (data) => {
    const frame = JSON.parse(String(data)) as ServerFrame;
    for (const { offset } of frame.type === 'batch' ? frame.events : []) {
      if (offset !== newest + 1) missed += 1;
      newest = offset;
    }
  });
  return { socket, offset: () => newest, gaps: () => missed };
}

async function flood(url: string): Promise<void> {
  const client = connectRedis({ REDIS_URL: url, REDIS_CLUSTER: true }, { purpose: 'commands', log: silent });
  const broker = createRedisBroker(client, client);
  const user = { id: 'us_f', handle: 'f', role: 'viewer' };
  const event = JSON.stringify({ type: 'message', user, text: 'x'.repeat(textBytes) });
  for (let n = 0; n < messages; n += 1) {
    await broker.publish(room, { author: user.id, receipt: `f${n}`, event, slowModeMs: 0 });
    await pause(3);
  }
  client.disconnect();
}
