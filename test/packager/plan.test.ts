import { planLadder } from '../../runtime/packager/ladder/plan';
import { rungsFor } from '../../runtime/packager/ladder/table';
import type { EncodedVideo, SourceDescription } from '../../runtime/packager/sources/inspection';

const audio = { sampleRate: 48_000, channels: 2 };

function source(height: number, encoded: Partial<EncodedVideo> = {}, avc: Partial<EncodedVideo['avc']> = {}) {
  const size = { width: Math.round((height * 16) / 9), height };
  return {
    audio,
    video: {
      ...size,
      frameRate: 30,
      encoded: {
        avc: { profile: 77, level: 31, chromaFormat: 1, bitDepth: 8, frameRate: 30, ...size, ...avc },
        keyFrameSeconds: 2,
        hasBFrames: false,
        kbps: 2_500,
        ...encoded,
      },
    },
  } satisfies SourceDescription;
}

const free = { mostRenditions: 4, droppedRungs: 0 };
const made = (described: SourceDescription, constraints = free) =>
  planLadder(described, constraints).video.map(({ name, method }) => `${name} ${method}`);

test.each([
  [1080, ['1080p', '720p', '480p', '360p']],
  [1078, ['1080p', '720p', '480p', '360p']],
  [900, ['720p', '480p', '360p']],
  [720, ['720p', '480p', '360p']],
  [480, ['480p', '360p']],
  [360, ['360p']],
  [240, ['360p']],
])('a source of %d lines has the rungs it fills', (height, names) => {
  expect(rungsFor(height, 4).map(({ name }) => name)).toEqual(names);
});

test('a suitable picture is passed on, and only the smaller rungs are encoded', () => {
  expect(made(source(720))).toEqual(['720p copy', '480p transcode', '360p transcode']);
});

test.each([
  ['B-frames', source(720, { hasBFrames: true }), /B-frames/],
  ['a second key frame that did not come', source(720, { keyFrameSeconds: undefined }), /longer than 4 s/],
  ['a key frame every 5 s', source(720, { keyFrameSeconds: 5 }), /longer than 4 s/],
  ['4:2:2', source(720, {}, { profile: 122, chromaFormat: 2 }), /profile/],
  ['10 bits', source(720, {}, { profile: 110, bitDepth: 10 }), /profile/],
  ['more than 1080 lines', source(1440), /larger than 1080/],
])('%s makes the top transcoded, and the broadcaster is told why', (_what, described, hint) => {
  const plan = planLadder(described, free);
  expect(plan.video.every(({ method }) => method === 'transcode')).toBe(true);
  expect(plan.hints.some((sentence) => hint.test(sentence))).toBe(true);
});

test.each([
  [0.5, 2],
  [2, 2],
  [2.4, 2],
  [3, 3],
  [4, 4],
  [9, 2],
])('a key frame every %d s makes a target duration of %d s', (keyFrameSeconds, targetSeconds) => {
  expect(planLadder(source(720, { keyFrameSeconds }), free).targetSeconds).toBe(targetSeconds);
});

test('an announced target duration stays, and a picture that does not keep to it is transcoded', () => {
  const announced = { names: ['720p', '480p', '360p'], targetSeconds: 2 };
  const plan = planLadder(source(720, { keyFrameSeconds: 4 }), { ...free, announced });
  expect(plan.targetSeconds).toBe(2);
  expect(plan.video[0]?.method).toBe('transcode');
});

test('a smaller picture after a reconnect serves the larger names, too', () => {
  const announced = { names: ['720p', '480p', '360p'], targetSeconds: 2 };
  const plan = planLadder(source(480), { ...free, announced });
  expect(plan.video.map(({ name, height }) => [name, height])).toEqual([
    ['720p', 480],
    ['360p', 360],
  ]);
  expect(plan.aliases).toEqual({ '480p': '720p' });
});

test.each([
  [0, ['720p copy', '480p transcode', '360p transcode'], {}],
  [1, ['720p copy', '360p transcode'], { '480p': '360p' }],
  [2, ['720p copy'], { '480p': '720p', '360p': '720p' }],
  [9, ['720p copy'], { '480p': '720p', '360p': '720p' }],
])(
  '%d dropped rungs beside a copy: the most expensive goes first, and another stands in',
  (droppedRungs, names, aliases) => {
    const plan = planLadder(source(720), { ...free, droppedRungs });
    expect(plan.video.map(({ name, method }) => `${name} ${method}`)).toEqual(names);
    expect(plan.aliases).toEqual(aliases);
  },
);

test('without a copy the last rung is never dropped', () => {
  const plan = planLadder(source(720, { hasBFrames: true }), { ...free, droppedRungs: 9 });
  expect(plan.video.map(({ name }) => name)).toEqual(['360p']);
  expect(plan.aliases).toEqual({ '720p': '360p', '480p': '360p' });
});

test('nothing is upscaled, and sides are even', () => {
  const plan = planLadder(source(271, { hasBFrames: true }), free);
  expect(plan.video.map(({ width, height }) => [width, height])).toEqual([[482, 272]]);
});

test('a source without video is sound alone', () => {
  const plan = planLadder({ audio, video: undefined }, free);
  expect(plan.video).toEqual([]);
  expect(plan.hints).toEqual([expect.stringMatching(/No video/)]);
});
