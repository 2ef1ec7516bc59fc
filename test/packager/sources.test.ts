import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import { runMediaTool } from '../../runtime/local/media-tools';
import { readFragments } from '../../runtime/packager/segments/fragments';
import { contentOf, parseAvcConfig } from '../../runtime/packager/sources/codecs';
import { FlvInput } from '../../runtime/packager/sources/flv-input';
import { SourceInspector, usualFrameRate } from '../../runtime/packager/sources/inspection';
import { KeyFrameWatch } from '../../runtime/packager/sources/key-frame-watch';
import { type FlvTag, flvFileHeader, readFlv, writeFlvTag } from '../../runtime/shared/flv';

jest.setTimeout(60_000);

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** What a real encoder sends: FLV from ffmpeg. */
async function encode(size: string, rate: string, coding: readonly string[], seconds = 5): Promise<FlvTag[]> {
  const { stdout } = await runMediaTool('ffmpeg', [
    ...['-v', 'error', '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}`],
    ...['-f', 'lavfi', '-i', 'sine=sample_rate=44100', '-t', String(seconds)],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac', '-ac', '1', ...coding, '-f', 'flv', 'pipe:1'],
  ]);
  return collect(readFlv(Readable.from([stdout])));
}

function inspect(tags: readonly FlvTag[]) {
  const inspector = new SourceInspector();
  for (const tag of tags) if (inspector.push(tag)) break;
  return inspector.describe();
}

describe('FLV', () => {
  const tag = fc.record({
    type: fc.constantFrom('audio' as const, 'video' as const, 'metadata' as const),
    timestampMs: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  });

  test('comes out as it went in, however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(tag, { maxLength: 20 }), fc.integer({ min: 1, max: 200 }), async (tags, piece) => {
        const bytes = Buffer.concat([flvFileHeader({ audio: true, video: true }), ...tags.map(writeFlvTag)]);
        const pieces = Array.from({ length: Math.ceil(bytes.length / piece) }, (_, index) =>
          bytes.subarray(index * piece, (index + 1) * piece),
        );
        expect(await collect(readFlv(Readable.from(pieces)))).toEqual(tags);
      }),
    );
  });

  test('that is none is refused', async () => {
    await expect(collect(readFlv(Readable.from([Buffer.from('<html>not a feed</html>')])))).rejects.toThrow(
      /FLV header/,
    );
  });
});

describe('a source is seen for what it is', () => {
  test.each([
    ['1280x720', '30', [], { width: 1280, height: 720, frameRate: 30 }],
    ['854x480', '25', [], { width: 854, height: 480, frameRate: 25 }],
    ['1920x1080', '30000/1001', [], { width: 1920, height: 1080, frameRate: 29.97 }],
    ['640x360', '60', [], { width: 640, height: 360, frameRate: 60 }],
  ])('%s at %s', async (size, rate, coding, expected) => {
    const { video, audio } = inspect(
      await encode(size, rate, ['-pix_fmt', 'yuv420p', '-bf', '0', '-g', '60', ...coding]),
    );
    expect(video).toMatchObject(expected);
    expect(audio).toEqual({ sampleRate: 44_100, channels: 1 });
  });

  test('its key-frame interval and B-frames', async () => {
    const { video } = inspect(await encode('640x360', '30', ['-pix_fmt', 'yuv420p', '-bf', '2', '-g', '45']));
    expect(video?.encoded).toMatchObject({ keyFrameSeconds: 1.5, hasBFrames: true });
  });

  test('a second key frame that is not in time is not waited for', async () => {
    const { video } = inspect(await encode('640x360', '30', ['-pix_fmt', 'yuv420p', '-bf', '0', '-g', '900'], 8));
    expect(video?.encoded?.keyFrameSeconds).toBeUndefined();
  });

  test('chroma and bit depth', async () => {
    const described = async (pixels: string) =>
      inspect(await encode('320x180', '30', ['-pix_fmt', pixels])).video?.encoded?.avc;
    expect(await described('yuv422p')).toMatchObject({ chromaFormat: 2, bitDepth: 8, width: 320, height: 180 });
    expect(await described('yuv420p10le')).toMatchObject({ chromaFormat: 1, bitDepth: 10, width: 320, height: 180 });
  });

  test('no garbage makes the parameter reader fail', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        parseAvcConfig(Buffer.concat([Buffer.from([1, 77, 0, 31, 255, 225]), Buffer.from(bytes)]));
      }),
    );
  });

  test.each([
    [29.99, 30],
    [29.96, 29.97],
    [24.9, 25],
    [59.9, 59.94],
    [17.3, 17.3],
  ])('%d frames per second count as %d', (measured, usual) => {
    expect(usualFrameRate(measured)).toBe(usual);
  });
});

describe('what ffmpeg is fed', () => {
  const video = (timestampMs: number): FlvTag => ({
    type: 'video',
    timestampMs,
    body: Buffer.from('2701000000aa', 'hex'),
  });
  const audio = (timestampMs: number): FlvTag => ({ type: 'audio', timestampMs, body: Buffer.from('af0121', 'hex') });
  const described = { width: 640, height: 360, frameRate: 30, encoded: undefined };
  const stereo = { sampleRate: 48_000, channels: 2 };

  const tagsOf = (input: FlvInput, tags: readonly FlvTag[]) =>
    collect(readFlv(Readable.from([Buffer.concat([input.header(), ...tags.map((tag) => input.accept(tag))])])));

  test('is ten seconds later than the source, so that nothing lies before zero', async () => {
    const tags = await tagsOf(new FlvInput({ video: described, audio: stereo }), [video(0), audio(5)]);
    expect(tags.map(({ timestampMs }) => timestampMs)).toEqual([10_000, 10_005]);
  });

  test('has silence where a source has no audio', async () => {
    const input = new FlvInput({ video: described, audio: undefined });
    const tags = await tagsOf(input, [video(0), video(1_000)]);
    const frames = tags.filter((tag) => contentOf(tag).kind === 'aac-frame');
    expect(tags.filter((tag) => contentOf(tag).kind === 'aac-config')).toHaveLength(1);
    expect(frames).toHaveLength(47);
    expect(input.silenceSeconds).toBeCloseTo(1, 1);
  });

  test('has silence while audio stops, and no audio twice when it comes back late', async () => {
    const input = new FlvInput({ video: described, audio: stereo });
    const tags = await tagsOf(input, [audio(0), video(0), video(500), video(1_000), audio(900), audio(1_100)]);
    const audioMs = tags.filter(({ type }) => type === 'audio').map(({ timestampMs }) => timestampMs - 10_000);
    expect(audioMs).toEqual([...audioMs].sort((a, b) => a - b));
    expect(audioMs).not.toContain(900);
    expect(audioMs.at(-1)).toBe(1_100);
  });
});

describe('the watch over key frames', () => {
  const at = (watch: KeyFrameWatch, timestampMs: number, isKeyFrame: boolean) =>
    watch.isOverdue(
      { type: 'video', timestampMs, body: Buffer.alloc(0) },
      {
        kind: 'avc-frame',
        compositionOffsetMs: 0,
        isKeyFrame,
      },
    );

  test('speaks as soon as the next one is overdue, not when it comes', () => {
    const watch = new KeyFrameWatch(2.49);
    expect([at(watch, 0, true), at(watch, 2_000, true), at(watch, 4_480, false)]).toEqual([false, false, false]);
    expect(at(watch, 4_500, false)).toBe(true);
  });

  test('is silent about what is not passed on', () => {
    const watch = new KeyFrameWatch(Infinity);
    expect([at(watch, 0, true), at(watch, 60_000, false)]).toEqual([false, false]);
  });
});

test('fragments are read with their times, however the bytes are cut', async () => {
  const { stdout } = await runMediaTool('ffmpeg', [
    ...['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30', '-t', '4'],
    ...['-c:v', 'libx264', '-bf', '0', '-pix_fmt', 'yuv420p', '-g', '60', '-sc_threshold', '0', '-f', 'mp4'],
    ...['-movflags', 'frag_keyframe+empty_moov+default_base_moof', 'pipe:1'],
  ]);
  for (const piece of [1_000, 65_536, stdout.length]) {
    const pieces = Array.from({ length: Math.ceil(stdout.length / piece) }, (_, index) =>
      stdout.subarray(index * piece, (index + 1) * piece),
    );
    const parts = await collect(readFragments(Readable.from(pieces)));
    expect(parts[0]).toMatchObject({ kind: 'init', size: { width: 320, height: 180 } });
    const times = parts.flatMap((part) =>
      part.kind === 'fragment' ? [[part.startSeconds, part.durationSeconds]] : [],
    );
    expect(times).toEqual([
      [0, 2],
      [2, 2],
    ]);
  }
});
