import { poll } from '../../../runtime/local/poll';
import { type PrivateLiveKit, startLiveKit } from '../../../runtime/local/testing';
import { stopEncoders } from '../../ingest/support/encoder';
import { type Gate, type Surroundings, startSurroundings } from '../../ingest/support/gate';
import { callWhip, iceRestartFragment, startWhipEncoder } from '../../ingest/support/whip';

/** LiveKit is given tokens of 60 s. Whatever a client asks for later than that must work all the same. */
const longerThanAGrantMs = 90_000;

let livekit: PrivateLiveKit;
let around: Surroundings;
let gate: Gate;

beforeAll(async () => {
  livekit = await startLiveKit();
  around = await startSurroundings(livekit);
  gate = await around.startGate();
}, 900_000);

afterEach(stopEncoders);
afterAll(async () => {
  await around?.stop();
  await livekit?.stop();
});

test('after 90 s of broadcasting, ICE can be restarted and the session ended', async () => {
  const { key, grant } = around.allow();
  await startWhipEncoder(`${gate.url}/whip`, key);
  const session = await poll(
    async () => {
      const found = await around.session(grant.streamId);
      if (!found) throw new Error('there is none');
      return found;
    },
    { what: 'a session', deadlineMs: 15_000 },
  );
  const longEnough = async () => {
    expect((await around.session(grant.streamId))?.sessionId).toBe(session.sessionId);
    expect(Date.now() - session.startedAtMs).toBeGreaterThan(longerThanAGrantMs);
  };
  await poll(longEnough, { what: '90 s of broadcasting', deadlineMs: longerThanAGrantMs + 5_000, intervalMs: 1_000 });

  const [resource] = await around.redis.smembers(`ingest:{${session.region}}:whip-resources`);
  const restarted = await callWhip('PATCH', `${gate.url}/whip/${resource}`, {
    bearer: key,
    headers: { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': '*' },
    body: iceRestartFragment,
  });
  expect(restarted.status).toBe(200);
  expect(await restarted.text()).toContain('a=ice-ufrag:');
  expect(restarted.headers.get('etag')).toBeTruthy();
  const ended = await callWhip('DELETE', `${gate.url}/whip/${resource}`, { bearer: key });
  expect(ended.status).toBe(200);
  const over = async () => expect(await around.session(grant.streamId)).toBeUndefined();
  await poll(over, { what: 'the end', deadlineMs: 4_000 });
}, 150_000);
