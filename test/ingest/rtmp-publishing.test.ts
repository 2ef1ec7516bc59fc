import { poll } from '../../runtime/local/poll';
import { broadcastKeys } from '../../runtime/shared/broadcast';
import { startEncoder, stopEncoders } from './support/encoder';
import { type Gate, region, type Surroundings, startSurroundings } from './support/gate';

let around: Surroundings;
let gate: Gate;

beforeAll(async () => {
  around = await startSurroundings();
  gate = await around.startGate();
}, 120_000);

afterEach(stopEncoders);
afterAll(() => around?.stop());

const address = (key: string) => `rtmp://127.0.0.1:${gate.rtmpPort}/live/${key}`;

describe('an ffmpeg with a good key', () => {
  test('publishes: its session is in Redis, packagers are asked, and home is told', async () => {
    const { key, grant } = around.allow();
    const encoder = await startEncoder(address(key));
    const session = await poll(() => expectSession(grant.streamId), { what: 'a session', deadlineMs: 10_000 });
    expect(session).toMatchObject({ source: 'rtmp', region, keyId: grant.keyId, channelId: grant.channelId });
    await poll(async () => expect(await around.redis.sismember(broadcastKeys.work(region), grant.streamId)).toBe(1), {
      what: 'work for packagers',
      deadlineMs: 5_000,
    });
    await encoder.stop();
    await poll(async () => expect(eventsOf(grant.streamId)).toEqual(['publish-started', 'publish-stopped']), {
      what: 'both events',
      deadlineMs: 5_000,
    });
  }, 30_000);
});

describe('an ffmpeg is told why it may not publish', () => {
  test.each([
    ['a wrong key', undefined, 'The stream key is wrong'],
    ['a revoked key', 'stream-key-revoked', 'The stream key was revoked'],
    ['no capacity at home', 'capacity', 'No capacity for another broadcast right now'],
  ] as const)(
    '%s',
    async (_name, code, sentence) => {
      const { key } = around.allow();
      if (code) around.home.answers.set(key, code);
      else around.home.answers.delete(key);
      const encoder = await startEncoder(address(key));
      const { code: exitCode } = await encoder.exited;
      expect(exitCode).not.toBe(0);
      expect(encoder.output.join('\n')).toContain(sentence);
    },
    30_000,
  );
});

async function expectSession(streamId: string) {
  const session = await around.session(streamId);
  if (!session) throw new Error('there is none');
  return session;
}

const eventsOf = (streamId: string) =>
  around.home.events.filter((entry) => entry.streamId === streamId).map(({ event }) => event.type);
