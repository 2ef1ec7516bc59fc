import { NoSuchKey } from '@aws-sdk/client-s3';
import { runMediaTool } from '../../runtime/local/media-tools';
import { StoryboardWriter } from '../../runtime/packager/health/storyboard-writer';
import type { ObjectStore } from '../../runtime/packager/upload/object-store';
import { createLogger } from '../../runtime/shared/log';
import { hlsKeys } from '../../runtime/shared/media-layout';
import { parseStoryboard, storyboardText, tileAt } from '../../runtime/shared/storyboard';
import { pictureAt, secondsAt } from '../../runtime/web/app/src/player/picture-at';
import { ffmpegFile } from '../ingest/support/encoder';

const at = { region: 'eu-west-1', streamId: 'st_1', mediaAccess: 'open' } as const;

describe('the storyboard file', () => {
  const cues = [
    { sequence: 0, startSeconds: 0, image: '7/sprite-00000000.jpg', tile: tileAt(0) },
    { sequence: 5, startSeconds: 10.02, image: '7/sprite-00000000.jpg', tile: tileAt(6) },
    { sequence: 1_800, startSeconds: 3_725.5, image: '8/00000003.jpg' },
  ];
  const text = `WEBVTT

0
00:00:00.000 --> 00:00:10.020
7/sprite-00000000.jpg#xywh=0,0,160,90

5
00:00:10.020 --> 01:02:05.500
7/sprite-00000000.jpg#xywh=160,90,160,90

1800
01:02:05.500 --> 01:02:09.000
8/00000003.jpg
`;

  test('has a cue for each picture, which stands until the next', () => {
    expect(storyboardText(cues, 3_729)).toBe(text);
  });

  test.each([
    ['as it is written', text],
    ['with other line ends', text.replaceAll('\n', '\r\n')],
    ['with notes in between', text.replace('\n5\n', '\nNOTE nothing --> to see\n\n5\n')],
  ])('is read %s', (_, read) => {
    expect(parseStoryboard(read)).toEqual(cues);
  });

  test('has no cues when it is another file', () => {
    expect(parseStoryboard('<!doctype html><title>Headend</title>')).toEqual([]);
  });
});

test.each([
  [0, 0, 0],
  [4, 640, 0],
  [5, 0, 90],
  [24, 640, 360],
])('tile %i of a sheet begins at %i,%i', (index, x, y) => {
  expect(tileAt(index)).toEqual({ x, y, width: 160, height: 90 });
});

describe('the picture of a moment', () => {
  const cues = [0, 5, 10].map((sequence) => ({ sequence, startSeconds: sequence * 2, image: `1/${sequence}.jpg` }));

  test.each([
    [0, 0],
    [9.9, 0],
    [10, 5],
    [500, 10],
  ])('at %d s is that of segment %i in a playlist of the whole broadcast', (seconds, sequence) => {
    expect(pictureAt(cues, seconds, [{ sequence: 0, startSeconds: 0 }])?.sequence).toBe(sequence);
  });

  test('is found by sequence number in a playlist that begins later', () => {
    const listed = [4, 5, 6].map((sequence, index) => ({ sequence, startSeconds: index * 2 }));
    expect([0, 2].map((seconds) => pictureAt(cues, seconds, listed)?.sequence)).toEqual([0, 5]);
  });

  test('is none before the first, or without a storyboard', () => {
    expect(pictureAt([], 5, [])).toBeUndefined();
    expect(pictureAt(cues.slice(1), 5, [])).toBeUndefined();
  });

  test.each([
    [0, 0],
    [8, 0],
    [108, 50],
    [208, 100],
    [216, 100],
  ])('%d pixels into a bar of 216 are %d of 100 s', (x, seconds) => {
    expect(secondsAt(x, 216, 100)).toBe(seconds);
  });
});

describe('the storyboard of a broadcast', () => {
  class MemoryStore implements ObjectStore {
    readonly objects = new Map<string, Buffer>();
    readonly put = async (key: string, body: Buffer) => {
      this.objects.set(key, body);
    };
    readonly get = async (key: string) => {
      const body = this.objects.get(key);
      if (!body) throw new NoSuchKey({ message: key, $metadata: {} });
      return body;
    };
    get cues() {
      return parseStoryboard((this.objects.get(hlsKeys.storyboard(at)) ?? '').toString());
    }
  }

  let wide: Buffer;
  let tall: Buffer;
  const picture = async (size: string) => {
    const source = ['-v', 'error', '-f', 'lavfi', '-i', `color=red:size=${size}`, '-frames:v', '1'];
    return (await runMediaTool('ffmpeg', [...source, '-f', 'mjpeg', 'pipe:1'])).stdout;
  };
  beforeAll(async () => {
    [wide, tall] = await Promise.all([picture('640x360'), picture('360x640')]);
  });

  const writer = async (store: ObjectStore, nextSequence?: number) =>
    new StoryboardWriter(
      {
        ffmpegPath: await ffmpegFile(),
        store,
        signal: new AbortController().signal,
        log: createLogger('test', 'silent'),
      },
      nextSequence === undefined ? undefined : { session: at, nextSequence },
    );

  const draw = async (store: MemoryStore, to: StoryboardWriter, attempt: number, from: number, until: number) => {
    for (let index = from; index < until; index += 1) {
      const image = hlsKeys.thumbnail(at, attempt, index);
      store.objects.set(image, index % 2 === 0 ? wide : tall);
      await to.add(at, attempt, { sequence: index * 5, startSeconds: index * 10, image });
    }
  };

  /** Colour of a pixel of a JPEG, as RGB. */
  const pixel = async (jpeg: Buffer | undefined, x: number, y: number) => {
    const crop = ['-v', 'error', '-f', 'mjpeg', '-i', 'pipe:0', '-vf', `format=rgb24,crop=1:1:${x}:${y}:exact=1`];
    return [...(await runMediaTool('ffmpeg', [...crop, '-f', 'rawvideo', 'pipe:1'], jpeg)).stdout];
  };

  test('names pictures singly until a sheet is full of them, and puts the rest into a last one', async () => {
    const store = new MemoryStore();
    const storyboard = await writer(store);
    await draw(store, storyboard, 7, 0, 27);
    const sheets = () => store.cues.map(({ image, tile }) => (tile ? image : 'single'));
    expect(sheets()).toEqual([...Array(25).fill('7/sprite-00000000.jpg'), 'single', 'single']);
    await storyboard.end(at, 7, 268);
    expect(sheets().slice(25)).toEqual(Array(2).fill('7/sprite-00000001.jpg'));
    expect(store.cues.slice(24).map(({ tile }) => tile)).toEqual([tileAt(24), tileAt(0), tileAt(1)]);
  });

  test('fits pictures of any shape into their tiles', async () => {
    const store = new MemoryStore();
    const storyboard = await writer(store);
    await draw(store, storyboard, 7, 0, 3);
    await storyboard.end(at, 7, 30);
    const sheet = store.objects.get(hlsKeys.spriteSheet(at, 7, 0));
    const isRed = async (x: number, y: number) => ((await pixel(sheet, x, y))[0] ?? 0) > 128;
    // The first fills its tile, the second stands in the middle of its own, the third fills its tile again.
    expect(await Promise.all([4, 156, 164, 240, 316, 324, 476, 484].map((x) => isRed(x, 44)))).toEqual([
      ...[true, true, false, true, false],
      ...[true, true, false],
    ]);
  });

  test('goes on where a predecessor left it, without what that never published', async () => {
    const store = new MemoryStore();
    await draw(store, await writer(store), 7, 0, 27);
    await draw(store, await writer(store, 26 * 5), 8, 26, 51);
    expect(store.cues.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 51 }, (_, index) => index * 5));
    expect(store.cues.map(({ image }) => image).filter((image) => image.includes('sprite'))).toEqual([
      ...Array(25).fill('7/sprite-00000000.jpg'),
      ...Array(25).fill('8/sprite-00000000.jpg'),
    ]);
  });

  test('begins when the predecessor had none', async () => {
    const store = new MemoryStore();
    await draw(store, await writer(store, 40), 8, 9, 10);
    expect(store.cues).toEqual([{ sequence: 45, startSeconds: 90, image: '8/00000009.jpg' }]);
  });

  test('keeps pictures single whose sheet could not be made, and makes the next', async () => {
    const store = new MemoryStore();
    const storyboard = await writer(store);
    await draw(store, storyboard, 7, 0, 24);
    store.objects.delete(hlsKeys.thumbnail(at, 7, 3));
    await draw(store, storyboard, 7, 24, 50);
    expect(store.cues.map(({ tile }) => tile !== undefined)).toEqual([
      ...Array(25).fill(false),
      ...Array(25).fill(true),
    ]);
  });

  test('is not there for a broadcast without pictures', async () => {
    const store = new MemoryStore();
    await (await writer(store)).end(at, 7, 60);
    expect(store.objects.size).toBe(0);
  });
});
