import { poll } from '../../runtime/local/poll';
import { aac, type EncoderOptions, sources, startEncoder, stopEncoders } from './support/encoder';
import { openFeed, untilFeed } from './support/feed-reader';
import { isFrame, isKeyFrame, isSequenceHeader } from './support/flv-reader';
import { type Gate, type Surroundings, startSurroundings } from './support/gate';

let around: Surroundings;
let gate: Gate;

beforeAll(async () => {
  around = await startSurroundings();
  gate = await around.startGate();
}, 120_000);

afterEach(stopEncoders);
afterAll(() => around?.stop());

async function publishedFeedUrl(key: string, streamId: string, options?: EncoderOptions): Promise<string> {
  await startEncoder(`rtmp://127.0.0.1:${gate.rtmpPort}/live/${key}`, options);
  return poll(
    async () => {
      const session = await around.session(streamId);
      if (!session?.feedUrl) throw new Error('no session');
      return session.feedUrl;
    },
    { what: 'a session', deadlineMs: 10_000 },
  );
}

async function open(url: string, fromMs?: number) {
  const token = await around.packagerToken();
  return poll(
    async () => {
      const reader = await openFeed(url, token, fromMs);
      if (reader.status !== 200) throw new Error(`status ${reader.status}`);
      return reader;
    },
    { what: 'the feed', deadlineMs: 10_000 },
  );
}

test('a feed is FLV: headers, then a key frame, then media that never run backwards on a track', async () => {
  const { key, grant } = around.allow();
  const reader = await open(await publishedFeedUrl(key, grant.streamId));
  const { flags, tags } = await untilFeed(reader, 'three key frames', ({ tags }) => {
    expect(tags.filter(isKeyFrame).length).toBeGreaterThanOrEqual(3);
  });
  expect(flags).toBe(5);
  expect(tags.slice(0, 3).map(({ type }) => type)).toEqual(['script', 'video', 'audio']);
  expect(tags.slice(1, 3).every(isSequenceHeader)).toBe(true);
  const frames = tags.slice(3);
  expect(frames.every(isFrame)).toBe(true);
  expect(frames[0] && isKeyFrame(frames[0])).toBe(true);
  expect(frames[0]?.timestampMs).toBe(0);
  for (const type of ['audio', 'video'] as const) {
    const times = frames.filter((tag) => tag.type === type).map(({ timestampMs }) => timestampMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  }
  reader.close();
}, 40_000);

test('a later reader enters at the key frame at or before the asked moment', async () => {
  const { key, grant } = around.allow();
  const url = await publishedFeedUrl(key, grant.streamId);
  const first = await open(url);
  const { tags } = await untilFeed(first, 'four key frames', ({ tags }) => {
    expect(tags.filter(isKeyFrame).length).toBeGreaterThanOrEqual(4);
  });
  const third = tags.filter(isKeyFrame)[2];
  const second = await open(url, (third?.timestampMs ?? 0) + 10);
  const replay = await untilFeed(second, 'a frame', (flv) => expect(flv.tags.some(isFrame)).toBe(true));
  const entry = replay.tags.find(isFrame);
  expect(entry).toEqual(third);
  expect(second.sessionId).toBe(first.sessionId);
  first.close();
  second.close();
}, 40_000);

test('a feed needs the token of a packager', async () => {
  const { key, grant } = around.allow();
  const url = await publishedFeedUrl(key, grant.streamId);
  const { status } = await openFeed(url, 'not-a-token');
  expect(status).toBe(401);
}, 40_000);

test('B-frames and 44.1 kHz mono pass as the encoder made them', async () => {
  const { key, grant } = around.allow();
  const url = await publishedFeedUrl(key, grant.streamId, {
    inputs: [...sources.picture, '-re', '-f', 'lavfi', '-i', 'sine=sample_rate=44100'],
    coding: [
      '-c:v',
      'libx264',
      '-preset',
      'veryfast',
      '-pix_fmt',
      'yuv420p',
      '-bf',
      '2',
      '-g',
      '25',
      ...aac,
      '-ac',
      '1',
    ],
  });
  const reader = await open(url);
  const { tags } = await untilFeed(reader, 'two key frames', (flv) => {
    expect(flv.tags.filter(isKeyFrame).length).toBeGreaterThanOrEqual(2);
  });
  const compositionOffsets = tags
    .filter((tag) => tag.type === 'video' && isFrame(tag))
    .map(({ body }) => body.readIntBE(2, 3));
  expect(new Set(compositionOffsets).size).toBeGreaterThan(1);
  // AudioSpecificConfig (ISO/IEC 14496-3): AAC-LC, frequency index 4 is 44.1 kHz, one channel.
  const audioHeader = tags.find((tag) => tag.type === 'audio' && isSequenceHeader(tag));
  expect(audioHeader?.body.subarray(2, 4).toString('hex')).toBe('1208');
  reader.close();
}, 40_000);
