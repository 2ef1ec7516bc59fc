import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { poll } from '../../runtime/local/poll';
import { startEncoder, stopEncoders } from './support/encoder';
import { type Gate, type Surroundings, startSurroundings } from './support/gate';
import { fragments, mutate, randomFrom } from './support/mutate';
import { clientAddress, proxyHeader, relayWithHeader } from './support/proxied';
import { composedSession, handshakeBytes, recordSession } from './support/recorded-session';
import { handshake, publishCommands, RtmpClient } from './support/rtmp-client';

let around: Surroundings;
/** Behind a load balancer: each connection says whose it is. */
let gate: Gate;
/** Without one. */
let bareGate: Gate;

beforeAll(async () => {
  around = await startSurroundings();
  [gate, bareGate] = await Promise.all([
    around.startGate({ environment: { RTMP_PROXY_PROTOCOL: 'true', LOG_LEVEL: 'info' } }),
    around.startGate(),
  ]);
}, 120_000);

afterEach(stopEncoders);
afterAll(() => around?.stop());

const openConnections = (of: Gate) => of.metric('headend_ingest_rtmp_connections');

async function open(port: number, bytes: Buffer): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined).resume();
  await once(socket, 'connect');
  socket.write(bytes);
  return socket;
}

/** However it ends: a reset is as good as a goodbye. */
const untilClosed = (socket: Socket) =>
  socket.closed ? Promise.resolve() : new Promise<void>((resolve) => socket.once('close', () => resolve()));

async function expectToServe(index: number): Promise<void> {
  const { key } = around.allow();
  const startedAt = performance.now();
  const client = await RtmpClient.publish(gate.rtmpPort, key, proxyHeader(clientAddress(index)));
  expect(client.status?.code).toBe('NetStream.Publish.Start');
  expect(performance.now() - startedAt).toBeLessThan(1_000);
  client.close();
}

const untilEmpty = (of: Gate, deadlineMs: number) =>
  poll(async () => expect(await openConnections(of)).toBe(0), { what: 'every connection’s end', deadlineMs });

describe('garbage on the port', () => {
  test('2,400 mutated sessions: no crash, no leak, and the port still serves', async () => {
    const recording = await recordSession(bareGate.rtmpPort, around.allow().key);
    await playMutated(0, 400, recording);
    await untilEmpty(gate, 15_000);
    const before = await gate.metric('process_resident_memory_bytes');
    await playMutated(400, 2_400, recording);
    await untilEmpty(gate, 15_000);
    const grown = (await gate.metric('process_resident_memory_bytes')) - before;
    expect(grown).toBeLessThan(64 * 2 ** 20);
    expect(await gate.metric('headend_ingest_broadcasts', 'rtmp')).toBe(0);
    expect(await gate.metric('headend_ingest_spool_bytes')).toBe(0);
    expect(await gate.metric('headend_ingest_rtmp_abandoned_total')).toBeGreaterThan(500);
    expect(gate.lines.filter((line) => /"level":"(error|fatal)"/.test(line))).toEqual([]);
    await expectToServe(40_000);
  }, 120_000);

  async function playMutated(from: number, to: number, recording: Buffer): Promise<void> {
    const { key: recordedKey } = around.allow();
    const playOne = async (seed: number) => {
      const random = randomFrom(seed);
      const session = seed % 2 === 0 ? composedSession(around.allow().key) : rekeyed(recording, recordedKey);
      const socket = await open(gate.rtmpPort, proxyHeader(clientAddress(seed)));
      for (const piece of fragments(mutate(session, handshakeBytes, random), random)) {
        if (!socket.writable) break;
        socket.write(piece);
      }
      socket.end();
      await untilClosed(socket);
    };
    const seeds = Array.from({ length: to - from }, (_, index) => from + index);
    const lanes = Array.from({ length: 24 }, async () => {
      for (let seed = seeds.pop(); seed !== undefined; seed = seeds.pop()) await playOne(seed);
    });
    await Promise.all(lanes);
  }

  /** The recording with another key of the same length. */
  function rekeyed(recording: Buffer, key: string): Buffer {
    const text = recording.toString('latin1').replace(/hk_[0-9a-f]{12}_[0-9a-f]{32}/g, key);
    return Buffer.from(text, 'latin1');
  }
});

describe('connections that lead nowhere', () => {
  test('500 half handshakes are cut within the time limit, while others are served', async () => {
    const half = handshake();
    const sockets = await Promise.all(
      Array.from({ length: 500 }, (_, index) =>
        open(gate.rtmpPort, Buffer.concat([proxyHeader(clientAddress(index)), half.subarray(0, (index * 7) % 3_000)])),
      ),
    );
    await poll(async () => expect(await openConnections(gate)).toBe(500), { what: 'all of them', deadlineMs: 3_000 });
    await expectToServe(1_000);
    await untilEmpty(gate, 12_000);
    for (const socket of sockets) socket.destroy();
  }, 60_000);

  test('100 that write a byte at a time are cut within the same limit', async () => {
    const session = Buffer.concat([handshake(), publishCommands(around.allow().key)]);
    const sockets = await Promise.all(
      Array.from({ length: 100 }, (_, index) => open(gate.rtmpPort, proxyHeader(clientAddress(index)))),
    );
    let at = 0;
    const drip = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write(session.subarray(at, at + 1));
      at += 1;
    }, 50);
    await expectToServe(1_001);
    await untilEmpty(gate, 13_000);
    clearInterval(drip);
  }, 60_000);

  test('a load balancer’s header that is missing, foreign or endless ends the connection', async () => {
    const cases = [
      handshake(),
      Buffer.from('PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n'),
      Buffer.from('0d0a0d0a000d0a515549540a2111ffff', 'hex'),
    ];
    for (const bytes of cases) {
      const socket = await open(gate.rtmpPort, bytes);
      await untilClosed(socket);
    }
  });
});

describe('limits per address', () => {
  test('of 100 connections of one address 64 stay, and another address is served', async () => {
    const from = proxyHeader('203.0.113.7');
    const sockets = await Promise.all(Array.from({ length: 100 }, () => open(gate.rtmpPort, from)));
    await poll(async () => expect(await openConnections(gate)).toBe(64), { what: 'the limit', deadlineMs: 3_000 });
    await expectToServe(1_002);
    for (const socket of sockets) socket.destroy();
    await untilEmpty(gate, 3_000);
  }, 30_000);

  test('after 30 wrong keys an address is told to wait, without asking home; another is not', async () => {
    const from = proxyHeader('203.0.113.8');
    const told: (string | undefined)[] = [];
    for (let attempt = 0; attempt < 32; attempt += 1) {
      const client = await RtmpClient.publish(gate.rtmpPort, 'hk_wrong_key', from);
      told.push(client.status?.description);
      client.close();
    }
    expect(told.slice(0, 30)).toEqual(Array<string>(30).fill('The stream key is wrong'));
    expect(told.at(-1)).toMatch(/^Too many wrong stream keys\. Try again in \d+ seconds\.$/);
    const asked = around.home.requests.length;
    const { key } = around.allow();
    const refused = await RtmpClient.publish(gate.rtmpPort, key, from);
    expect(refused.status?.code).toBe('NetStream.Publish.Denied');
    expect(around.home.requests.length).toBe(asked);
    await expectToServe(1_003);
  }, 30_000);
});

test('the client’s address is the one that the load balancer names', async () => {
  const { key } = around.allow();
  const client = await RtmpClient.publish(gate.rtmpPort, key, proxyHeader('203.0.113.9'));
  expect(client.status?.code).toBe('NetStream.Publish.Start');
  expect(around.home.requests.at(-1)).toMatchObject({ streamKey: key, clientAddress: '203.0.113.9' });
  client.close();
});

test('a real encoder is served by the gate that all of this was done to', async () => {
  const { key, grant } = around.allow();
  const relay = await relayWithHeader(gate.rtmpPort, proxyHeader('203.0.113.10'));
  await startEncoder(`rtmp://127.0.0.1:${relay.port}/live/${key}`);
  const live = async () => expect(await around.session(grant.streamId)).toBeDefined();
  await poll(live, { what: 'a session', deadlineMs: 10_000 });
  relay.close();
}, 20_000);
