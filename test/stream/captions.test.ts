import pg from 'pg';
import { Gate, newBroadcaster, type StreamUnderTest, startStream } from './harness';

let stream: StreamUnderTest;
let gate: Gate;
beforeAll(async () => {
  stream = await startStream();
  gate = new Gate(stream);
}, 90_000);
afterAll(() => stream?.stop());

const languages = { captionLanguages: ['en', 'pt-BR'] };

async function broadcast(settings: object = languages) {
  const owner = await newBroadcaster(stream, settings);
  const { streamId } = await gate.publish(owner.streamKey);
  await gate.show(streamId);
  return { ...owner, streamId };
}

const say = (token: string, cues: readonly object[], language = 'en') =>
  stream.call('captions', { token, body: { language, cues } });
const heard = async (streamId: string, after?: string) =>
  (await stream.internal(`broadcasts/${streamId}/captions${after === undefined ? '' : `?after=${after}`}`)).body;

it('captions reach the packager in order, and each once', async () => {
  const { streamId, streamKey } = await broadcast();
  const cues = [
    { startMs: 1_000, endMs: 2_500, text: 'One' },
    { startMs: 2_500, endMs: 4_000, text: 'Two\nlines' },
  ];
  expect((await say(streamKey, cues)).status).toBe(202);
  const first = await heard(streamId);
  expect(first.cues).toEqual(cues.map((cue) => ({ language: 'en', ...cue })));
  expect(await heard(streamId, first.last)).toEqual({ cues: [], last: null });
  await say(streamKey, [{ startMs: 5_000, endMs: 6_000, text: 'Três' }], 'pt-BR');
  const { cues: later } = await heard(streamId, first.last);
  expect(later).toEqual([{ language: 'pt-BR', startMs: 5_000, endMs: 6_000, text: 'Três' }]);
});

it('a cue without times begins when it arrives, and stays four seconds', async () => {
  const { streamId, streamKey } = await broadcast();
  const before = Date.now();
  await say(streamKey, [{ text: 'Now' }]);
  const [cue] = (await heard(streamId)).cues;
  expect(cue.startMs).toBeGreaterThanOrEqual(before);
  expect(cue.startMs).toBeLessThanOrEqual(Date.now());
  expect(cue.endMs - cue.startMs).toBe(4_000);
});

it('the packager is told the languages when the broadcast begins', async () => {
  const { streamKey } = await newBroadcaster(stream, languages);
  expect((await gate.authorize(streamKey)).body.captionLanguages).toEqual(['en', 'pt-BR']);
});

it('a channel that is older than captions has none, and its broadcasts go on', async () => {
  const { handle, streamKey, token, channelId } = await newBroadcaster(stream, {});
  const client = new pg.Client({ connectionString: stream.postgres.url });
  await client.connect();
  await client.query("UPDATE channels SET settings = settings - 'captionLanguages' WHERE id = $1", [channelId]);
  await client.end();
  expect((await gate.authorize(streamKey)).body.captionLanguages).toEqual([]);
  expect((await stream.call(`channels/${handle}`, { token })).body.settings.captionLanguages).toEqual([]);
});

describe('refused', () => {
  const oneCue = [{ text: 'Hello' }];

  it('without a key, and with one of nobody', async () => {
    const body = { language: 'en', cues: oneCue };
    expect((await stream.call('captions', { body })).body.code).toBe('stream-key-invalid');
    expect((await say(`hk_${'0'.repeat(20)}_${'0'.repeat(32)}`, oneCue)).body.code).toBe('stream-key-invalid');
  });

  it('with a key that was revoked', async () => {
    const { handle, keyId, streamKey, token } = await broadcast();
    await stream.call(`channels/${handle}/keys/${keyId}`, { token, method: 'DELETE' });
    expect((await say(streamKey, oneCue)).body.code).toBe('stream-key-revoked');
  });

  it('while the channel is not live', async () => {
    const { streamKey } = await newBroadcaster(stream, languages);
    const { status, body } = await say(streamKey, oneCue);
    expect([status, body.detail]).toEqual([409, 'the channel is not live']);
  });

  it('in a language that the channel does not have', async () => {
    const { streamKey } = await broadcast();
    const { status, body } = await say(streamKey, oneCue, 'de');
    expect(status).toBe(409);
    expect(body.detail).toBe('the channel has no captions in de; its settings name en, pt-BR');
  });

  it.each([
    ['an end before the start', [{ startMs: 2_000, endMs: 1_000, text: 'x' }]],
    ['an end without a start', [{ endMs: 1_000, text: 'x' }]],
    ['half a minute and more', [{ startMs: 0, endMs: 30_001, text: 'x' }]],
    ['no text', [{ text: ' \n ' }]],
    ['a control character', [{ text: 'x\u0000' }]],
    ['too much at once', Array.from({ length: 21 }, () => ({ text: 'x' }))],
  ])('for %s', async (_what, cues) => {
    const { streamKey } = await broadcast();
    expect((await say(streamKey, cues)).status).toBe(400);
  });

  it.each(['EN', 'english', 'en_US', '"en"', 'en\n'])('as a channel’s language: %j', async (language) => {
    const { handle, token } = await newBroadcaster(stream);
    const body = { settings: { captionLanguages: [language] } };
    expect((await stream.call(`channels/${handle}`, { token, method: 'PATCH', body })).status).toBe(400);
  });
});
