import { Cutter } from '../../runtime/packager/segments/cutter';
import type { Fragment } from '../../runtime/packager/segments/fragments';

const fragment = (startSeconds: number, durationSeconds: number): Fragment => ({
  kind: 'fragment',
  pieces: [Buffer.from(`${startSeconds}`), Buffer.from(';')],
  startSeconds,
  durationSeconds,
});

const cutter = (overrides: Partial<ConstructorParameters<typeof Cutter>[0]> = {}) =>
  new Cutter({ renditions: ['720p'], targetSeconds: 2, notBeforeSeconds: 0, ...overrides });

/** Starts and lengths of the segments that groups of pictures of these lengths make. */
function segmentsOf(groups: readonly number[], targetSeconds = 2): number[][] {
  const cutting = cutter({ targetSeconds });
  let start = 10;
  const cuts = groups.flatMap((seconds) => {
    const made = cutting.push('720p', fragment(start, seconds));
    start += seconds;
    return made;
  });
  return [...cuts, ...cutting.flush()].map(({ startSeconds, durationSeconds }) => [startSeconds, durationSeconds]);
}

test.each([
  [
    'groups of two seconds are segments',
    [2, 2, 2],
    [
      [10, 2],
      [12, 2],
      [14, 2],
    ],
  ],
  [
    'groups of one second go in pairs',
    [1, 1, 1, 1],
    [
      [10, 2],
      [12, 2],
    ],
  ],
  [
    'a group that would overfill begins the next segment',
    [1.5, 1.5, 1.5],
    [
      [10, 1.5],
      [11.5, 1.5],
      [13, 1.5],
    ],
  ],
  [
    'what is nearly two seconds is enough',
    [1.875, 1.875],
    [
      [10, 1.875],
      [11.875, 1.875],
    ],
  ],
  [
    'the end of the source closes the last segment',
    [2, 0.5],
    [
      [10, 2],
      [12, 0.5],
    ],
  ],
])('%s', (_sentence, groups, expected) => {
  expect(segmentsOf(groups)).toEqual(expected);
});

test('a group is as long as the target allows', () => {
  expect(segmentsOf([4, 4], 4)).toEqual([
    [10, 4],
    [14, 4],
  ]);
});

test('other renditions follow the lead’s boundaries, audio to the nearest fragment', () => {
  const cutting = cutter({ renditions: ['720p', 'audio'] });
  const cuts = [
    ...cutting.push('720p', fragment(10, 2)),
    ...[9.98, 10.48, 10.98, 11.48].flatMap((start) => cutting.push('audio', fragment(start, 0.5))),
    ...cutting.push('720p', fragment(12, 2)),
    ...[11.98, 12.48, 12.98, 13.48].flatMap((start) => cutting.push('audio', fragment(start, 0.5))),
  ];
  expect(cuts.map(({ startSeconds, parts }) => [startSeconds, parts.get('audio')?.bytes.toString()])).toEqual([
    [10, '9.98;10.48;10.98;11.48;'],
    [12, '11.98;12.48;12.98;13.48;'],
  ]);
});

test('a segment waits until every rendition has it', () => {
  const cutting = cutter({ renditions: ['720p', '480p'] });
  expect(cutting.push('720p', fragment(10, 2))).toEqual([]);
  expect(cutting.push('720p', fragment(12, 2))).toEqual([]);
  expect(cutting.push('480p', fragment(10, 2))).toHaveLength(1);
});

test('what was published before is left out', () => {
  const cutting = cutter({ renditions: ['720p', 'audio'], notBeforeSeconds: 12 });
  cutting.push('720p', fragment(10, 2));
  cutting.push('audio', fragment(10, 2));
  cutting.push('audio', fragment(12, 2));
  const cuts = cutting.push('720p', fragment(12, 2));
  expect(cuts.map(({ startSeconds, parts }) => [startSeconds, parts.get('audio')?.bytes.toString()])).toEqual([
    [12, '12;'],
  ]);
});

test('a group longer than the target is not published, and neither is anything after it', () => {
  const cutting = cutter();
  expect(cutting.push('720p', fragment(10, 2))).toHaveLength(1);
  expect(cutting.push('720p', fragment(12, 2.6))).toEqual([]);
  expect(cutting.irregularAtSeconds).toBe(12);
  expect(cutting.isDrained).toBe(true);
  expect(cutting.push('720p', fragment(14.6, 2))).toEqual([]);
  expect(cutting.flush()).toEqual([]);
});

test('a rendition without media in the middle is a fault', () => {
  const cutting = cutter({ renditions: ['720p', '480p'] });
  cutting.push('720p', fragment(10, 2));
  expect(() => cutting.push('480p', fragment(13, 2))).toThrow(/no 480p between 10 s and 12 s/);
});
