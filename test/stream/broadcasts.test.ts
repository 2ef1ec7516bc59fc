import { poll } from '../../runtime/local/poll';
import { broadcastKeys } from '../../runtime/shared/broadcast';
import { serviceToken, startServiceUnderTest } from '../contract/service';
import { cell, Gate, home, newBroadcaster, registerPackager, type StreamUnderTest, startStream } from './harness';

let stream: StreamUnderTest;
let gate: Gate;
beforeAll(async () => {
  stream = await startStream();
  gate = new Gate(stream);
}, 90_000);
afterAll(() => stream?.stop());

const stateOf = async (streamId: string) => (await stream.call(`streams/${streamId}`)).body.state;

const untilState = (streamId: string, state: string, deadlineMs = 20_000) =>
  poll(
    async () => {
      const now = await stateOf(streamId);
      if (now !== state) throw new Error(`it is ${now}`);
    },
    { what: `${streamId} becoming ${state}`, deadlineMs },
  );

describe('a stream key', () => {
  it('is shown once and never again', async () => {
    const { handle, token, streamKey } = await newBroadcaster(stream);
    expect(streamKey).toMatch(/^hk_[0-9a-z]{20}_[0-9a-z]{32}$/);
    const { body } = await stream.call(`channels/${handle}/keys`, { token });
    expect(JSON.stringify(body)).not.toContain(streamKey.slice(-32));
  });

  it.each([
    ['of nobody', () => `hk_${'0'.repeat(20)}_${'0'.repeat(32)}`],
    ['with a wrong secret', (key: string) => `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`],
    ['cut short', (key: string) => key.slice(0, -1)],
    ['with something behind it', (key: string) => `${key}0`],
    ['in capitals', (key: string) => key.toUpperCase()],
    ['with a NUL', (key: string) => `${key}\u0000`],
    ['of another kind', (key: string) => key.replace('hk_', 'hb_')],
  ])('%s is refused', async (_name, change) => {
    const { streamKey } = await newBroadcaster(stream);
    const answer = await gate.authorize(change(streamKey));
    expect([answer.status, answer.body.code]).toEqual([403, 'stream-key-invalid']);
  });

  it('is refused after it was revoked, with that reason', async () => {
    const { handle, token, keyId, streamKey } = await newBroadcaster(stream);
    await stream.call(`channels/${handle}/keys/${keyId}`, { token, method: 'DELETE' });
    expect((await gate.authorize(streamKey)).body.code).toBe('stream-key-revoked');
  });

  it('is replaced by rotation: the old one is revoked, the new one publishes', async () => {
    const { handle, token, keyId, streamKey } = await newBroadcaster(stream);
    const rotated = await stream.call(`channels/${handle}/keys/${keyId}/rotate`, { token, method: 'POST' });
    expect((await gate.authorize(streamKey)).body.code).toBe('stream-key-revoked');
    expect((await gate.authorize(rotated.body.secret)).status).toBe(200);
  });

  it('cannot be made for a channel of somebody else', async () => {
    const [mine, theirs] = await Promise.all([newBroadcaster(stream), newBroadcaster(stream)]);
    const answer = await stream.call(`channels/${theirs.handle}/keys`, { token: mine.token, body: { label: 'x' } });
    expect(answer.status).toBe(403);
  });
});

describe('publishing', () => {
  it('makes a stream that is waiting, then live, then in the list', async () => {
    const { streamKey, handle } = await newBroadcaster(stream);
    const { streamId } = await gate.publish(streamKey);
    expect(await stateOf(streamId)).toBe('waiting');
    await gate.show(streamId);
    expect(await stateOf(streamId)).toBe('live');
    const listed = (await stream.call('streams')).body.streams.find((one: { id: string }) => one.id === streamId);
    expect(listed.channel.handle).toBe(handle);
    expect(listed.thumbnailUrl).toBe(`https://media.headend.test/hls/${home}/${streamId}/thumbnails/latest.jpg`);
  });

  it('goes to the stream that the owner prepared', async () => {
    const { streamKey, handle, token } = await newBroadcaster(stream);
    const prepared = await stream.call(`channels/${handle}/streams`, { token, body: { title: 'Tonight' } });
    expect((await gate.publish(streamKey)).streamId).toBe(prepared.body.id);
  });

  it('is refused while another encoder is there', async () => {
    const { streamKey } = await newBroadcaster(stream);
    await gate.publish(streamKey);
    const second = await gate.authorize(streamKey);
    expect([second.status, second.body.code]).toEqual([409, 'stream-already-live']);
  });

  it('lets one of thirty in who come at once', async () => {
    const { streamKey } = await newBroadcaster(stream);
    const answers = await Promise.all(Array.from({ length: 30 }, () => gate.authorize(streamKey)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, ...Array(29).fill(409)]);
  });

  it('takes over where the channel wants it so', async () => {
    const { streamKey } = await newBroadcaster(stream, { onSecondPublisher: 'take-over' });
    const first = await gate.publish(streamKey);
    const second = await gate.publish(streamKey);
    expect(second.streamId).toBe(first.streamId);
    const late = { type: 'publish-stopped', sessionId: first.sessionId, reason: 'lost' };
    expect((await gate.tell(first.streamId, late)).status).toBe(204);
    expect(await stateOf(first.streamId)).toBe('waiting');
  });

  it('lets the next attempt in at once after a refused codec', async () => {
    const { streamKey } = await newBroadcaster(stream);
    const { body } = await gate.authorize(streamKey);
    await gate.tell(body.streamId, { type: 'publish-stopped', sessionId: 'none', reason: 'refused' });
    expect((await gate.authorize(streamKey)).status).toBe(200);
  });

  it('is refused without a free packager, before any media', async () => {
    const { streamKey } = await newBroadcaster(stream);
    await registerPackager(stream.redisClient, home, 0);
    const answer = await gate.authorize(streamKey);
    await registerPackager(stream.redisClient, home, 100);
    expect([answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([503, 'capacity', '30']);
    expect((await gate.authorize(streamKey)).status).toBe(200);
  });

  it('works with a browser’s short token', async () => {
    const { handle, token } = await newBroadcaster(stream);
    const { body } = await stream.call(`channels/${handle}/publish-tokens`, { token, method: 'POST' });
    expect(body.whipUrl).toBe('https://ingest.us.test/whip');
    expect((await gate.authorize(body.token)).status).toBe(200);
  });
});

describe('an encoder that drops', () => {
  it('comes back to the same stream within the grace', async () => {
    const { streamKey } = await newBroadcaster(stream);
    const first = await gate.publish(streamKey);
    await gate.show(first.streamId);
    await gate.tell(first.streamId, { type: 'publish-stopped', sessionId: first.sessionId, reason: 'lost' });
    expect(await stateOf(first.streamId)).toBe('interrupted');
    const second = await gate.publish(streamKey);
    expect(second.streamId).toBe(first.streamId);
    expect(await stateOf(first.streamId)).toBe('live');
  });

  it('ends the stream when it stays away longer', async () => {
    const { streamKey } = await newBroadcaster(stream, { resumeGraceSeconds: 1 });
    const { streamId, sessionId } = await gate.publish(streamKey);
    await gate.show(streamId);
    await gate.tell(streamId, { type: 'publish-stopped', sessionId, reason: 'lost' });
    await untilState(streamId, 'ended');
    expect((await gate.publish(streamKey)).streamId).not.toBe(streamId);
  });

  it('ends the stream at once when it says goodbye', async () => {
    const { streamKey } = await newBroadcaster(stream);
    const { streamId, sessionId } = await gate.publish(streamKey);
    await gate.show(streamId);
    await gate.tell(streamId, { type: 'publish-stopped', sessionId, reason: 'ended' });
    expect(await stateOf(streamId)).toBe('ended');
  });

  it('is missed when its gate dies without a word, and may return', async () => {
    const { streamKey } = await newBroadcaster(stream);
    const { streamId } = await gate.publish(streamKey);
    await gate.show(streamId);
    await gate.vanish(streamId);
    // Before anyone has noticed: the session is gone from Redis, so the next encoder need not wait.
    expect((await gate.publish(streamKey)).streamId).toBe(streamId);
    await gate.vanish(streamId);
    await untilState(streamId, 'interrupted', 30_000);
  }, 40_000);

  it('cannot publish to a stream that is over', async () => {
    const { streamKey } = await newBroadcaster(stream);
    const { streamId, sessionId } = await gate.publish(streamKey);
    await gate.show(streamId);
    await gate.tell(streamId, { type: 'publish-stopped', sessionId, reason: 'ended' });
    const late = await gate.tell(streamId, { type: 'publish-started', sessionId: 'x', source: 'rtmp', region: home });
    expect([late.status, late.body.code]).toEqual([409, 'illegal-transition']);
  });
});

describe('the owner', () => {
  it('ends the broadcast from the studio, once', async () => {
    const { streamKey, token } = await newBroadcaster(stream);
    const { streamId } = await gate.publish(streamKey);
    await gate.show(streamId);
    const end = () => stream.call(`streams/${streamId}/end`, { method: 'POST', token });
    expect((await end()).body.state).toBe('ended');
    expect((await end()).body.code).toBe('illegal-transition');
  });

  it('sees how the broadcast is doing', async () => {
    const { streamKey, token } = await newBroadcaster(stream);
    const { streamId } = await gate.publish(streamKey);
    await gate.show(streamId);
    const health = {
      realTimeFactor: 1,
      uploadLagSeconds: 0.4,
      sourceKbps: 4_500,
      frameRate: 30,
      keyFrameSeconds: 2,
      activeRenditions: ['720p'],
      copied: true,
      hints: ['all well'],
    };
    await gate.tell(streamId, { type: 'health', token: 1, health });
    await gate.tell(streamId, { type: 'health', token: 0, health: { ...health, sourceKbps: 1 } });
    const { body } = await stream.call(`streams/${streamId}/health`, { token });
    expect(body).toMatchObject({ state: 'live', source: 'rtmp', region: home, measured: { sourceKbps: 4_500 } });
    expect(body.events.map((event: { type: string }) => event.type)).toEqual(['publish-started']);
  });
});

describe('revocations', () => {
  it('reach a listening gate within two seconds, for a key and for an ended stream', async () => {
    const events = await followRevocations(0);
    const { handle, token, keyId, streamKey } = await newBroadcaster(stream);
    const { streamId } = await gate.publish(streamKey);
    const startedAt = Date.now();
    await stream.call(`streams/${streamId}/end`, { method: 'POST', token });
    await stream.call(`channels/${handle}/keys/${keyId}`, { method: 'DELETE', token });
    await poll(
      async () => {
        expect(events.received).toContainEqual(expect.objectContaining({ keyId, streamId }));
        expect(events.received).toContainEqual(expect.objectContaining({ keyId, streamId: null }));
      },
      { what: 'revocations arriving', deadlineMs: 5_000 },
    );
    expect(Date.now() - startedAt).toBeLessThan(2_000);
    events.stop();
  });

  it('are told again from where a gate left off, none twice and none missing', async () => {
    const owners = await Promise.all(Array.from({ length: 12 }, () => newBroadcaster(stream)));
    await Promise.all(
      owners.map(({ handle, token, keyId }) =>
        stream.call(`channels/${handle}/keys/${keyId}`, { method: 'DELETE', token }),
      ),
    );
    const all = await followRevocations(0);
    const wanted = owners.map(({ keyId }) => keyId);
    await poll(async () => expect(all.received.map((event) => event.keyId)).toEqual(expect.arrayContaining(wanted)), {
      what: 'all revocations arriving',
      deadlineMs: 5_000,
    });
    all.stop();
    const ids = all.received.map((event) => event.id);
    expect(ids).toEqual([...new Set(ids)].sort((one, other) => one - other));
    const middle = ids[Math.floor(ids.length / 2)] ?? 0;
    const rest = await followRevocations(middle);
    const missing = ids.filter((id) => id > middle);
    await poll(async () => expect(rest.received.map((event) => event.id)).toEqual(missing), {
      what: 'the rest arriving',
      deadlineMs: 5_000,
    });
    rest.stop();
  });

  it('do not hold up a pod that is told to end', async () => {
    const pod = await startServiceUnderTest('stream', { ...stream.environment, DRAIN_SECONDS: '30' });
    const following = await followRevocations(0, pod.baseUrl);
    const begun = Date.now();
    await pod.stop();
    await following.ended;
    expect(Date.now() - begun).toBeLessThan(5_000);
  }, 40_000);
});

describe('a cell away from home', () => {
  const away = () => new Gate(stream, cell);
  const report = (sessions: object[], freeSlots = 5) =>
    stream.internal(`cells/${cell}`, { method: 'PUT', body: { accepting: true, freeSlots, sessions } });

  it('takes no new broadcast before it has said that it can', async () => {
    await stream.redisClient.del(`cells:{${cell}}:report`);
    const { streamKey } = await newBroadcaster(stream);
    expect((await away().authorize(streamKey)).body.code).toBe('capacity');
    await report([]);
    expect((await away().authorize(streamKey)).status).toBe(200);
  });

  it('keeps its broadcast while it is cut off, and loses it when it reports that it is gone', async () => {
    const { streamKey } = await newBroadcaster(stream);
    await report([]);
    const { streamId, sessionId } = await away().publish(streamKey);
    await away().show(streamId);
    await report([{ streamId, sessionId }]);
    expect((await away().authorize(streamKey)).body.code).toBe('stream-already-live');
    await stream.redisClient.del(`cells:{${cell}}:report`);
    expect((await away().authorize(streamKey)).body.code).toBe('stream-already-live');
    await report([]);
    expect((await away().authorize(streamKey)).status).toBe(200);
  });
});

describe('the ingest directory', () => {
  it('puts the nearest healthy region first', async () => {
    const inDublin = { 'cloudfront-viewer-latitude': '53.3', 'cloudfront-viewer-longitude': '-6.2' };
    await stream.redisClient.del(`cells:{${cell}}:report`);
    const cutOff = await stream.call('ingest', { headers: inDublin });
    expect(cutOff.body.regions.map((one: { region: string }) => one.region)).toEqual([home, cell]);
    const body = { accepting: true, freeSlots: 3, sessions: [] };
    await stream.internal(`cells/${cell}`, { method: 'PUT', body });
    const { regions } = (await stream.call('ingest', { headers: inDublin })).body;
    expect(regions[0]).toMatchObject({ region: cell, healthy: true, rtmpUrl: 'rtmps://ingest.eu.test/live' });
    expect(regions[0].distanceKm).toBeLessThan(20);
  });
});

describe('the reconciler', () => {
  it('asks again for a packager when nobody holds a live stream', async () => {
    const { streamKey } = await newBroadcaster(stream);
    const { streamId } = await gate.publish(streamKey);
    await gate.show(streamId);
    await stream.redisClient.del(broadcastKeys.lease(streamId));
    await poll(
      async () => {
        if (!(await stream.redisClient.sismember(broadcastKeys.work(home), streamId))) throw new Error('not asked');
      },
      { what: 'asking for a packager', deadlineMs: 25_000 },
    );
    await stream.redisClient.srem(broadcastKeys.work(home), streamId);
  }, 30_000);
});

/** Follows the stream as a gate does. */
async function followRevocations(after: number, baseUrl = stream.baseUrl) {
  const received: { id: number; keyId: string; streamId: string | null }[] = [];
  const controller = new AbortController();
  const token = await serviceToken(stream.secrets, 'ingest');
  const response = await fetch(`${baseUrl}/api/stream/internal/revocations?after=${after}`, {
    headers: { authorization: `Bearer ${token}` },
    signal: controller.signal,
  });
  const read = async () => {
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, data] = /^data: (.*)$/m.exec(block) ?? [];
        if (data !== undefined) received.push(JSON.parse(data));
      }
    }
  };
  const ended = read().catch(() => undefined);
  return { received, ended, stop: () => controller.abort() };
}
