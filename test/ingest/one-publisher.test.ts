import type { Redis } from 'ioredis';
import { poll } from '../../runtime/local/poll';
import { broadcastKeys } from '../../runtime/shared/broadcast';
import { startEncoder, stopEncoders } from './support/encoder';
import { type Gate, region, type Surroundings, startSurroundings } from './support/gate';
import { sendHeaders, sendTake } from './support/media';
import { RtmpClient } from './support/rtmp-client';

let around: Surroundings;
let gate: Gate;
let otherGate: Gate;

beforeAll(async () => {
  around = await startSurroundings();
  [gate, otherGate] = await Promise.all([around.startGate(), around.startGate()]);
}, 120_000);

afterEach(stopEncoders);
afterAll(() => around?.stop());

describe('a stream has one publisher, across gates', () => {
  test('refuse: the second is told why, and the first goes on', async () => {
    const { key, grant } = around.allow();
    const first = await RtmpClient.publish(gate.rtmpPort, key);
    const held = await around.session(grant.streamId);
    const second = await startEncoder(`rtmp://127.0.0.1:${otherGate.rtmpPort}/live/${key}`);
    expect((await second.exited).code).not.toBe(0);
    expect(second.output.join('\n')).toContain('Another encoder is publishing to this stream');
    expect(first.closed).toBe(false);
    expect(await around.session(grant.streamId)).toEqual(held);
    first.close();
  }, 30_000);

  test('take-over: the first is told why, and the second has the stream', async () => {
    const { key, grant } = around.allow({ onSecondPublisher: 'take-over' });
    const first = await RtmpClient.publish(gate.rtmpPort, key);
    const held = await around.session(grant.streamId);
    const second = await RtmpClient.publish(otherGate.rtmpPort, key);
    expect(second.status?.code).toBe('NetStream.Publish.Start');
    await first.untilClosed(3_000);
    expect(first.status?.description).toBe('Another encoder took over this stream.');
    const session = await around.session(grant.streamId);
    expect(session?.sessionId).not.toBe(held?.sessionId);
    expect(session?.feedUrl).toContain(otherGate.url);
    const stopped = around.home.events.find(({ event }) => 'sessionId' in event && event.sessionId === held?.sessionId);
    expect(stopped).toBeDefined();
    second.close();
  }, 30_000);

  test('of twenty that race, exactly one begins', async () => {
    const { key } = around.allow();
    const ports = [gate.rtmpPort, otherGate.rtmpPort];
    const clients = await Promise.all(
      Array.from({ length: 20 }, (_, index) => RtmpClient.publish(ports[index % 2] ?? 0, key)),
    );
    const codes = clients.map(({ status }) => status?.code);
    expect(codes.filter((code) => code === 'NetStream.Publish.Start')).toHaveLength(1);
    expect(codes.filter((code) => code === 'NetStream.Publish.BadName')).toHaveLength(19);
    for (const client of clients) client.close();
  }, 30_000);

  test('an encoder that lost its connection comes back at once, as a new session', async () => {
    const { key, grant } = around.allow();
    const first = await RtmpClient.publish(gate.rtmpPort, key);
    const before = await around.session(grant.streamId);
    first.close();
    const again = await poll(
      async () => {
        const client = await RtmpClient.publish(otherGate.rtmpPort, key);
        if (client.status?.code !== 'NetStream.Publish.Start') throw new Error(client.status?.description);
        return client;
      },
      { what: 'the comeback', deadlineMs: 2_000 },
    );
    expect((await around.session(grant.streamId))?.sessionId).not.toBe(before?.sessionId);
    expect(await around.redis.exists(broadcastKeys.end(grant.streamId))).toBe(0);
    again.close();
  }, 30_000);

  test('a stream whose gate died can be taken within four seconds', async () => {
    const doomed = await around.startGate();
    const { key } = around.allow();
    await RtmpClient.publish(doomed.rtmpPort, key);
    process.kill(doomed.process.pid, 'SIGKILL');
    await doomed.process.exited;
    await poll(
      async () => {
        const client = await RtmpClient.publish(gate.rtmpPort, key);
        expect(client.status?.code).toBe('NetStream.Publish.Start');
        client.close();
      },
      { what: 'taking the stream', deadlineMs: 4_000 },
    );
  }, 40_000);
});

describe('a broadcast ends', () => {
  test('for good when the encoder says goodbye: the session is gone and the end is marked', async () => {
    const { key, grant } = around.allow();
    const encoder = await startEncoder(`rtmp://127.0.0.1:${gate.rtmpPort}/live/${key}`);
    const live = async () => expect(await around.session(grant.streamId)).toBeDefined();
    await poll(live, { what: 'a session', deadlineMs: 10_000 });
    await encoder.stop();
    const over = async () => {
      expect(await around.session(grant.streamId)).toBeUndefined();
      expect(await around.redis.exists(broadcastKeys.end(grant.streamId))).toBe(1);
      expect(stopReasons(grant.streamId)).toEqual(['ended']);
    };
    await poll(over, { what: 'the end', deadlineMs: 5_000 });
  }, 30_000);

  test('within 2 s of its key being revoked, on every gate, and the encoder is told', async () => {
    const { key, grant } = around.allow({ keyId: 'key_leaked' });
    const other = around.allow({ keyId: 'key_leaked' });
    const clients = [
      await RtmpClient.publish(gate.rtmpPort, key),
      await RtmpClient.publish(otherGate.rtmpPort, other.key),
    ];
    around.home.revoke('key_leaked');
    for (const client of clients) {
      await client.untilClosed(2_000);
      expect(client.status?.description).toBe('The stream key was revoked.');
    }
    await poll(async () => expect(stopReasons(grant.streamId)).toEqual(['revoked']), {
      what: 'the event',
      deadlineMs: 3_000,
    });
  }, 30_000);

  test('before it begins, when the revocation overtakes the yes from home', async () => {
    const { key, grant } = around.allow();
    around.home.revoke(grant.keyId);
    const overtaken = async () => {
      const client = await RtmpClient.publish(gate.rtmpPort, key);
      client.close();
      expect(client.status?.description).toBe('The stream key was revoked');
    };
    await poll(overtaken, { what: 'the revocation', deadlineMs: 2_000 });
    expect(await around.session(grant.streamId)).toBeUndefined();
  }, 20_000);

  test('when the stream service marks it ended', async () => {
    const { key, grant } = around.allow();
    const client = await RtmpClient.publish(gate.rtmpPort, key);
    await around.redis.set(broadcastKeys.end(grant.streamId), '1', 'EX', 120);
    await client.untilClosed(4_000);
    expect(client.status?.description).toBe('The stream was ended.');
  }, 30_000);
});

describe('while home does not answer', () => {
  test('nobody new is let in, an encoder that lost its connection is, and missed revocations are made up for', async () => {
    const { key } = around.allow({ keyId: 'key_missed' });
    const stranger = around.allow();
    const first = await RtmpClient.publish(gate.rtmpPort, key);
    around.home.cut(true);
    expect(first.closed).toBe(false);
    first.close();
    const again = await poll(
      async () => {
        const client = await RtmpClient.publish(gate.rtmpPort, key);
        if (client.status?.code !== 'NetStream.Publish.Start') throw new Error(client.status?.description);
        return client;
      },
      { what: 'the comeback', deadlineMs: 3_000 },
    );
    const refused = await RtmpClient.publish(gate.rtmpPort, stranger.key);
    expect(refused.status).toMatchObject({
      code: 'NetStream.Publish.Denied',
      description: 'The stream key could not be checked. Try again in a few seconds.',
    });
    around.home.revoke('key_missed');
    expect(again.closed).toBe(false);
    around.home.cut(false);
    await again.untilClosed(3_000);
    expect(again.status?.description).toBe('The stream key was revoked.');
  }, 40_000);
});

test('while Redis does not answer a broadcast goes on, and nobody new begins', async () => {
  const { key } = around.allow();
  const client = await RtmpClient.publish(gate.rtmpPort, key);
  sendHeaders(client);
  sendTake(client, { fromMs: 0, seconds: 1 });
  await (around.redis as Redis).client('PAUSE', 9_000);
  const startedAt = performance.now();
  const refused = await RtmpClient.publish(gate.rtmpPort, around.allow().key);
  expect(refused.status?.code).toBe('NetStream.Publish.Denied');
  expect(performance.now() - startedAt).toBeLessThan(6_000);
  sendTake(client, { fromMs: 1_000, seconds: 1 });
  const begun = async () => {
    const next = await RtmpClient.publish(gate.rtmpPort, around.allow().key);
    expect(next.status?.code).toBe('NetStream.Publish.Start');
    next.close();
  };
  await poll(begun, { what: 'a new broadcast', deadlineMs: 10_000 });
  expect(client.closed).toBe(false);
  client.close();
}, 40_000);

test('with no free slot in the region nobody begins, but an encoder of a packaged stream may return', async () => {
  const { key, grant } = around.allow();
  await around.redis.zadd(broadcastKeys.slots(region), 0, 'packager-test');
  try {
    const refused = await RtmpClient.publish(gate.rtmpPort, key);
    expect(refused.status?.description).toBe('All encoders of this region are busy. Try again in a minute.');
    await around.redis.hset(broadcastKeys.lease(grant.streamId), 'owner', 'packager-test');
    const returned = await RtmpClient.publish(gate.rtmpPort, key);
    expect(returned.status?.code).toBe('NetStream.Publish.Start');
    returned.close();
  } finally {
    await around.redis.zadd(broadcastKeys.slots(region), 100, 'packager-test');
  }
}, 30_000);

test('a drained gate keeps its broadcasts to the end of the drain time and takes no others', async () => {
  const leaving = await around.startGate({ environment: { DRAIN_SECONDS: '4' } });
  const { key, grant } = around.allow();
  const client = await RtmpClient.publish(leaving.rtmpPort, key);
  sendHeaders(client);
  sendTake(client, { fromMs: 0, seconds: 3 });
  const stopping = leaving.process.stop(10_000);
  await poll(() => expect(RtmpClient.connect(leaving.rtmpPort)).rejects.toThrow('ECONNREFUSED'), {
    what: 'the port’s closing',
    deadlineMs: 2_000,
  });
  expect(client.closed).toBe(false);
  await client.untilClosed(6_000);
  expect(client.status?.description).toBe('The server restarts; connect again.');
  expect((await stopping).code).toBe(0);
  expect(await around.session(grant.streamId)).toBeUndefined();
}, 40_000);

test('no log line of any gate contains a stream key', () => {
  const lines = [...gate.lines, ...otherGate.lines];
  expect(lines.length).toBeGreaterThan(10);
  expect(lines.filter((line) => around.home.requests.some(({ streamKey }) => line.includes(streamKey)))).toEqual([]);
});

const stopReasons = (streamId: string) =>
  around.home.events.flatMap(({ streamId: id, event }) =>
    id === streamId && event.type === 'publish-stopped' ? [event.reason] : [],
  );
