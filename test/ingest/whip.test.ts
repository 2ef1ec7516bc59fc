import { RoomServiceClient } from 'livekit-server-sdk';
import { poll } from '../../runtime/local/poll';
import { type PrivateLiveKit, startLiveKit } from '../../runtime/local/testing';
import { broadcastKeys, publisherIdentity } from '../../runtime/shared/broadcast';
import { watchedMetrics } from '../../runtime/shared/watched-metrics';
import { startEncoder, stopEncoders } from './support/encoder';
import { type Gate, region, type Surroundings, startSurroundings, studioOrigin } from './support/gate';
import { RtmpClient } from './support/rtmp-client';
import { callWhip, iceRestartFragment, postOffer, startWhipEncoder } from './support/whip';

let livekit: PrivateLiveKit;
let around: Surroundings;
let gate: Gate;
let otherGate: Gate;
let rooms: RoomServiceClient;

beforeAll(async () => {
  livekit = await startLiveKit();
  rooms = new RoomServiceClient(livekit.url, livekit.apiKey, livekit.apiSecret);
  around = await startSurroundings(livekit);
  [gate, otherGate] = await Promise.all([around.startGate(), around.startGate()]);
}, 900_000);

afterEach(stopEncoders);
afterAll(async () => {
  await around?.stop();
  await livekit?.stop();
});

async function tracksOf(streamId: string): Promise<number> {
  const session = await around.session(streamId);
  if (!session?.roomName) throw new Error('no session');
  const { tracks } = await rooms.getParticipant(session.roomName, publisherIdentity(session.sessionId));
  return tracks.length;
}

const untilPublished = (streamId: string) =>
  poll(async () => expect(await tracksOf(streamId)).toBe(2), { what: 'two tracks in the room', deadlineMs: 15_000 });

const untilStopped = (streamId: string, reason: string, deadlineMs: number) =>
  poll(
    async () => {
      expect(await around.session(streamId)).toBeUndefined();
      const stopped = around.home.events.filter((entry) => entry.streamId === streamId).at(-1)?.event;
      expect(stopped).toMatchObject({ type: 'publish-stopped', reason });
    },
    { what: 'the end', deadlineMs },
  );

describe('a real WHIP encoder', () => {
  test('publishes with the key of RTMP into the stream’s room, and its goodbye ends the broadcast', async () => {
    const { key, grant } = around.allow();
    const encoder = await startWhipEncoder(`${gate.url}/whip`, key);
    await untilPublished(grant.streamId);
    expect(await around.session(grant.streamId)).toMatchObject({ source: 'room', roomName: grant.roomName, region });
    expect(await around.redis.sismember(broadcastKeys.work(region), grant.streamId)).toBe(1);
    await encoder.stop();
    await untilStopped(grant.streamId, 'ended', 5_000);
    expect(await rooms.listParticipants(grant.roomName)).toEqual([]);
  }, 40_000);

  test('is put out of the room within 2 s of its key being revoked', async () => {
    const { key, grant } = around.allow();
    await startWhipEncoder(`${gate.url}/whip`, key);
    await untilPublished(grant.streamId);
    around.home.revoke(grant.keyId);
    await poll(async () => expect(await rooms.listParticipants(grant.roomName)).toEqual([]), {
      what: 'an empty room',
      deadlineMs: 2_000,
    });
    await untilStopped(grant.streamId, 'revoked', 3_000);
  }, 40_000);

  test('that vanishes is noticed through LiveKit', async () => {
    const { key, grant } = around.allow();
    const encoder = await startWhipEncoder(`${gate.url}/whip`, key);
    await untilPublished(grant.streamId);
    process.kill(encoder.pid, 'SIGKILL');
    await untilStopped(grant.streamId, 'lost', 60_000);
  }, 90_000);
});

describe('a WHIP broadcast outlives its gate', () => {
  test.each([
    ['killed', 'SIGKILL'],
    ['drained', 'SIGTERM'],
  ] as const)(
    'that is %s: another keeps its session, and hears its goodbye',
    async (_name, signal) => {
      const leaving = await around.startGate();
      const { key, grant } = around.allow();
      const posted = await postOffer(leaving.url, { bearer: key });
      const resource = posted.headers.get('location') ?? '';
      const before = await around.session(grant.streamId);
      process.kill(leaving.process.pid, signal);
      await leaving.process.exited;
      const adopted = async () => {
        const lines = [...gate.lines, ...otherGate.lines].filter((line) => line.includes('is adopted'));
        expect(lines.filter((line) => line.includes(grant.streamId))).toHaveLength(1);
      };
      await poll(adopted, { what: 'the adoption', deadlineMs: 10_000 });
      expect(await around.session(grant.streamId)).toEqual(before);
      const ended = await callWhip('DELETE', gate.url + resource, { bearer: key });
      expect(ended.status).toBe(200);
      await untilStopped(grant.streamId, 'ended', 4_000);
    },
    40_000,
  );
});

describe('one publisher for both protocols', () => {
  test('WHIP is refused while RTMP publishes', async () => {
    const { key } = around.allow();
    const rtmp = await RtmpClient.publish(otherGate.rtmpPort, key);
    const response = await postOffer(gate.url, { bearer: key });
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ code: 'stream-already-live' });
    expect(rtmp.closed).toBe(false);
    rtmp.close();
  });

  test('RTMP is refused while WHIP publishes', async () => {
    const { key, grant } = around.allow();
    await startWhipEncoder(`${gate.url}/whip`, key);
    await untilPublished(grant.streamId);
    const rtmp = await startEncoder(`rtmp://127.0.0.1:${otherGate.rtmpPort}/live/${key}`);
    await rtmp.exited;
    expect(rtmp.output.join('\n')).toContain('Another encoder is publishing to this stream');
    expect(await tracksOf(grant.streamId)).toBe(2);
  }, 40_000);

  test('RTMP may take over from WHIP where the channel says so', async () => {
    const { key, grant } = around.allow({ onSecondPublisher: 'take-over' });
    await startWhipEncoder(`${gate.url}/whip`, key);
    await untilPublished(grant.streamId);
    const rtmp = await RtmpClient.publish(otherGate.rtmpPort, key);
    expect(rtmp.status?.code).toBe('NetStream.Publish.Start');
    await poll(async () => expect(await rooms.listParticipants(grant.roomName)).toEqual([]), {
      what: 'an empty room',
      deadlineMs: 4_000,
    });
    expect((await around.session(grant.streamId))?.source).toBe('rtmp');
    rtmp.close();
  }, 40_000);
});

describe('the endpoint (RFC 9725)', () => {
  test('answers an offer with 201, SDP, ETag and an opaque location of our own', async () => {
    const { key } = around.allow();
    const response = await postOffer(gate.url, { bearer: key, origin: studioOrigin });
    expect(response.status).toBe(201);
    expect(response.headers.get('content-type')).toBe('application/sdp');
    expect(await response.text()).toMatch(/^v=0\r\n/);
    expect(response.headers.get('etag')).toBeTruthy();
    const location = response.headers.get('location') ?? '';
    expect(location).toMatch(/^\/whip\/[\w-]{22}$/);
    expect(location).not.toContain(key.split('_')[2]);
    for (const link of response.headers.get('link')?.split(', ') ?? []) expect(link).toContain('rel="ice-server"');
    const exposed = response.headers.get('access-control-expose-headers')?.split(',');
    expect(exposed).toEqual(expect.arrayContaining(['Location', 'Link', 'ETag']));
    const ended = await callWhip('DELETE', gate.url + location, { bearer: key });
    expect(ended.status).toBe(200);
  });

  test.each([
    ['no key', undefined, 401, 'unauthenticated'],
    ['a wrong key', 'hk_wrong_key', 403, 'stream-key-invalid'],
  ])('refuses %s with a problem', async (_name, bearer, status, code) => {
    const response = await postOffer(gate.url, bearer === undefined ? {} : { bearer });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code });
  });

  test('counts whom it refuses, by reason and for the alarm', async () => {
    const before = await gate.metric(watchedMetrics.ingestRefusals.name);
    await postOffer(gate.url, { bearer: 'hk_wrong_key' });
    expect(await gate.metric(watchedMetrics.ingestRefusals.name)).toBe(before + 1);
    const labels = 'protocol="whip",reason="stream-key-invalid"';
    expect(await gate.metric('headend_ingest_refused_publishers_total', labels)).toBeGreaterThanOrEqual(1);
  });

  test('refuses what is no SDP, and leaves the stream free', async () => {
    const { key, grant } = around.allow();
    const response = await postOffer(gate.url, { bearer: key, body: 'v=0\r\nnonsense' });
    expect(response.status).toBe(400);
    await untilStopped(grant.streamId, 'refused', 3_000);
    const other = await postOffer(gate.url, { bearer: key, headers: { 'content-type': 'text/html' } });
    expect(other.status).toBe(415);
  });

  test('lets only the publisher’s bearer change or end a session, through any gate', async () => {
    const { key, grant } = around.allow();
    const { headers } = await postOffer(gate.url, { bearer: key });
    const resource = otherGate.url + headers.get('location');
    const intruder = around.allow().key;
    const restart = {
      headers: { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': '*' },
      body: iceRestartFragment,
    };
    for (const bearer of [intruder, undefined]) {
      const call = bearer === undefined ? {} : { bearer };
      expect((await callWhip('PATCH', resource, { ...restart, ...call })).status).toBe(404);
      expect((await callWhip('DELETE', resource, call)).status).toBe(404);
    }
    const changed = await callWhip('PATCH', resource, { ...restart, bearer: key });
    expect(changed.status).toBe(200);
    expect(changed.headers.get('content-type')).toBe('application/trickle-ice-sdpfrag');
    expect(await changed.text()).toContain('a=ice-ufrag:');
    expect((await callWhip('DELETE', resource, { bearer: key })).status).toBe(200);
    await untilStopped(grant.streamId, 'ended', 4_000);
  }, 20_000);

  test('takes browsers from the product’s own origin only', async () => {
    const preflight = (origin: string, path: string) =>
      callWhip('OPTIONS', gate.url + path, {
        origin,
        headers: {
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type',
        },
      });
    const ours = await preflight(studioOrigin, '/whip');
    expect(ours.status).toBe(204);
    expect(ours.headers.get('access-control-allow-origin')).toBe(studioOrigin);
    expect(ours.headers.get('access-control-allow-methods')).toContain('POST');
    expect(ours.headers.get('accept-post')).toBe('application/sdp');
    const resource = await preflight(studioOrigin, '/whip/0123456789012345678901');
    expect(resource.headers.get('access-control-allow-methods')).toContain('PATCH');
    const theirs = await preflight('https://evil.example.com', '/whip');
    expect(theirs.headers.get('access-control-allow-origin')).toBeNull();
  });
});
