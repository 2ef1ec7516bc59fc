import { poll } from '../../runtime/local/poll';
import { type FeedReader, openFeed, untilFeed } from './support/feed-reader';
import { type FlvFile, type FlvTag, isFrame, isKeyFrame, isSequenceHeader } from './support/flv-reader';
import { type Gate, type Surroundings, startSurroundings } from './support/gate';
import { aacHeader, audioFrame, avcHeader, keyFrame, otherAvcHeader, sendHeaders, sendTake } from './support/media';
import { RtmpClient } from './support/rtmp-client';

let around: Surroundings;
let gate: Gate;
let client: RtmpClient;
let streamId: string;
const readers: FeedReader[] = [];

beforeAll(async () => {
  around = await startSurroundings();
  gate = await around.startGate();
}, 120_000);

afterAll(() => around?.stop());

beforeEach(async () => {
  const { key, grant } = around.allow();
  streamId = grant.streamId;
  client = await RtmpClient.publish(gate.rtmpPort, key);
});

afterEach(() => {
  client.close();
  for (const reader of readers.splice(0)) reader.close();
});

/** Opens the feed of the present session, or of one that is not `except`. */
async function feed(except?: string): Promise<FeedReader> {
  const token = await around.packagerToken();
  return poll(
    async () => {
      const session = await around.session(streamId);
      if (!session?.feedUrl || session.sessionId === except) throw new Error('no such session');
      const reader = await openFeed(session.feedUrl, token);
      if (reader.status !== 200) throw new Error(`status ${reader.status}`);
      readers.push(reader);
      return reader;
    },
    { what: 'the feed', deadlineMs: 5_000 },
  );
}

const times = (flv: FlvFile, type: FlvTag['type'] = 'video') =>
  flv.tags.filter((tag) => tag.type === type && isFrame(tag)).map(({ timestampMs }) => timestampMs);

const untilFrames = (reader: FeedReader, count: number, type: FlvTag['type'] = 'video') =>
  untilFeed(reader, `${count} ${type} frames`, (flv) => expect(times(flv, type)).toHaveLength(count));

/** Largest step between neighbours, and whether any runs backwards. */
const steps = (of: readonly number[]) => of.slice(1).map((time, index) => time - (of[index] ?? 0));

describe('timestamps that an encoder gets wrong', () => {
  test('begin anywhere: the session begins at 0', async () => {
    sendHeaders(client);
    sendTake(client, { fromMs: 3_600_000, seconds: 2 });
    const video = times(await untilFrames(await feed(), 50));
    expect(video[0]).toBe(0);
    expect(new Set(steps(video))).toEqual(new Set([40]));
  });

  test('wrap at 2³² ms: the session goes on', async () => {
    sendHeaders(client);
    sendTake(client, { fromMs: 2 ** 32 - 1_000, seconds: 2 });
    const video = times(await untilFrames(await feed(), 50));
    expect(new Set(steps(video))).toEqual(new Set([40]));
  });

  test.each([
    ['an hour ahead', 3_600_000],
    ['an hour back', -3_600_000],
    ['a second back', -1_000],
  ])('jump %s: closed within a frame, sound and picture together', async (_name, jumpMs) => {
    sendHeaders(client);
    sendTake(client, { fromMs: 7_200_000, seconds: 2 });
    sendTake(client, { fromMs: 7_202_000 + jumpMs, seconds: 2 });
    const flv = await untilFrames(await feed(), 100);
    const [video, audio] = [times(flv), times(flv, 'audio')];
    for (const step of [...steps(video), ...steps(audio)]) {
      expect(step).toBeGreaterThanOrEqual(0);
      expect(step).toBeLessThanOrEqual(80);
    }
    const offsets = video.map((time, index) => Math.abs(time - (audio[index] ?? Number.NaN)));
    expect(Math.max(...offsets)).toBeLessThanOrEqual(40);
  });

  test('on one track only: the other is left as it is', async () => {
    sendHeaders(client);
    sendTake(client, { fromMs: 0, seconds: 2 });
    sendTake(client, { fromMs: 2_000, seconds: 2, audio: false });
    sendTake(client, { fromMs: 2_000, seconds: 2, video: false, clock: (ms) => ms + 900_000 });
    const flv = await untilFrames(await feed(), 100, 'audio');
    expect(new Set(steps(times(flv)))).toEqual(new Set([40]));
    expect(Math.abs((times(flv).at(-1) ?? 0) - (times(flv, 'audio').at(-1) ?? 0))).toBeLessThanOrEqual(80);
  });

  test('leave out three seconds of video: the gap stays, in step with the sound', async () => {
    sendHeaders(client);
    sendTake(client, { fromMs: 0, seconds: 1 });
    sendTake(client, { fromMs: 1_000, seconds: 8, video: false });
    sendTake(client, { fromMs: 9_000, seconds: 1 });
    const video = times(await untilFrames(await feed(), 50));
    expect(Math.max(...steps(video))).toBe(8_040);
  });
});

describe('tracks', () => {
  test('without sound: a feed of video alone', async () => {
    client.send('video', 0, avcHeader);
    sendTake(client, { fromMs: 0, seconds: 2, audio: false });
    const flv = await untilFrames(await feed(), 50);
    expect(flv.flags).toBe(1);
  });

  test('without picture: a feed of sound alone', async () => {
    client.send('audio', 0, aacHeader);
    sendTake(client, { fromMs: 0, seconds: 2, video: false });
    const flv = await untilFrames(await feed(), 50, 'audio');
    expect(flv.flags).toBe(4);
  });

  test('sound that comes late begins a session with both', async () => {
    client.send('video', 0, avcHeader);
    sendTake(client, { fromMs: 0, seconds: 2, audio: false });
    const first = await feed();
    await untilFrames(first, 50);
    client.send('audio', 2_000, aacHeader);
    sendTake(client, { fromMs: 2_000, seconds: 1 });
    const second = await feed(first.sessionId ?? '');
    expect((await untilFrames(second, 25)).flags).toBe(5);
    await poll(async () => expect(first.end).toBe('ended'), { what: 'the end of the first', deadlineMs: 3_000 });
  });

  test('frames before their parameters, or before the first key frame, are left out', async () => {
    client.send('audio', 0, audioFrame());
    client.send('video', 0, keyFrame());
    sendHeaders(client);
    client.send('video', 40, Buffer.from('270100000001', 'hex'));
    sendTake(client, { fromMs: 80, seconds: 1 });
    const flv = await untilFrames(await feed(), 25);
    const entry = flv.tags.find(isFrame);
    expect(entry && isKeyFrame(entry)).toBe(true);
    expect(entry?.timestampMs).toBe(0);
  });

  test('new codec parameters, as at a change of resolution, begin a new session; repeated ones do not', async () => {
    sendHeaders(client);
    sendTake(client, { fromMs: 0, seconds: 1 });
    const first = await feed();
    await untilFrames(first, 25);
    sendHeaders(client, 1_000);
    sendTake(client, { fromMs: 1_000, seconds: 1 });
    await untilFrames(first, 50);
    client.send('video', 2_000, otherAvcHeader);
    sendTake(client, { fromMs: 2_000, seconds: 1 });
    const second = await feed(first.sessionId ?? '');
    const flv = await untilFrames(second, 25);
    expect(flv.tags.filter(isSequenceHeader).map(({ body }) => body)).toEqual([otherAvcHeader, aacHeader]);
    await poll(async () => expect(first.end).toBe('ended'), { what: 'the end of the first', deadlineMs: 3_000 });
    expect(first.flv.tags.filter((tag) => isFrame(tag) && tag.type === 'video')).toHaveLength(50);
  });
});

describe('what a spool holds', () => {
  test('a 10 s group of pictures is kept whole', async () => {
    sendHeaders(client);
    client.send('video', 0, keyFrame());
    sendTake(client, { fromMs: 40, seconds: 12, video: false });
    client.send('video', 10_000, keyFrame());
    const flv = await untilFrames(await feed(), 2);
    expect(times(flv)).toEqual([0, 10_000]);
  });

  test('a burst at five times the bit rate loses nothing', async () => {
    sendHeaders(client);
    const reader = await startedFeed();
    sendTake(client, { fromMs: 1_000, seconds: 4, keyFrameBytes: 50_000 });
    sendTake(client, { fromMs: 5_000, seconds: 4, keyFrameBytes: 50_000 });
    sendTake(client, { fromMs: 9_000, seconds: 1, keyFrameBytes: 900_000 });
    const video = times(await untilFrames(reader, 250));
    expect(new Set(steps(video))).toEqual(new Set([40]));
  });

  test('media faster than they play are held back, not dropped', async () => {
    sendHeaders(client);
    const reader = await startedFeed();
    sendTake(client, { fromMs: 1_000, seconds: 17 });
    const video = times(await untilFrames(reader, 450, 'video'));
    expect(new Set(steps(video))).toEqual(new Set([40]));
  }, 20_000);

  async function startedFeed(): Promise<FeedReader> {
    sendTake(client, { fromMs: 0, seconds: 1 });
    return feed();
  }
});

test('metadata that nest deeper than any encoder’s end the connection, and nothing else', async () => {
  const deep = Buffer.concat([
    Buffer.from('02000a6f6e4d65746144617461', 'hex'),
    ...Array.from({ length: 50 }, () => Buffer.from('03000161', 'hex')),
  ]);
  client.send('data', 0, deep);
  await client.untilClosed();
  const { key } = around.allow();
  const next = await RtmpClient.publish(gate.rtmpPort, key);
  expect(next.status?.code).toBe('NetStream.Publish.Start');
  next.close();
});

test('a publisher that falls silent is cut after ten seconds, and may come back', async () => {
  sendHeaders(client);
  sendTake(client, { fromMs: 0, seconds: 1 });
  await client.untilClosed(13_000);
  expect(await around.session(streamId)).toBeUndefined();
}, 20_000);
