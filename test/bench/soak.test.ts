import { missingGroups } from '../../bench/soak/coverage';
import { holes } from '../../bench/soak/holes';
import { growthOf } from '../../bench/soak/memory';
import { percentile } from '../../bench/support/percentile';
import { readMediaPlaylist } from '../packager/conformance';

describe('groups of pictures that a recording lacks', () => {
  const groups = [10_000, 12_000, 15_500, 17_500];

  it.each([
    ['none, when each group is there', [10_000, 12_000, 15_500, 17_500], 0],
    ['none, when segments were cut elsewhere in their groups', [10_400, 13_000, 16_000, 17_500], 0],
    ['one in the middle', [10_000, 15_500, 17_500], 1],
    ['the first and the last', [12_000, 15_500], 2],
    ['the last, when only another encoder’s pictures follow', [10_000, 12_000, 15_500, 30_000], 1],
    ['all of them, of an empty recording', [], 4],
  ])('are %s', (_, recorded, missing) => {
    expect(missingGroups(groups, recorded)).toBe(missing);
  });
});

describe('holes of a playlist', () => {
  const head = ['#EXTM3U', '#EXT-X-TARGETDURATION:2', '#EXT-X-MEDIA-SEQUENCE:7', '#EXT-X-MAP:URI="init.mp4"'];
  const playlist = (...segments: readonly (readonly string[])[]) =>
    holes(readMediaPlaylist([...head, ...segments.flat(), ''].join('\n')).segments, 0.1);
  const segment = (second: string, { tag, lasts = 2 }: { tag?: string; lasts?: number } = {}) => [
    ...(tag ? [tag] : []),
    `#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:${second}Z`,
    `#EXTINF:${lasts.toFixed(5)},`,
    `${second}.m4s`,
  ];

  it('are none where each segment begins about when the last one ends', () => {
    expect(playlist(segment('00.000', { lasts: 2.05 }), segment('02.000', { lasts: 1.95 }), segment('04.000'))).toEqual(
      [],
    );
  });

  it('are found without a tag, once', () => {
    expect(playlist(segment('00.000'), segment('02.000'), segment('06.000'), segment('08.000'))).toEqual([
      { sequence: 9, seconds: 2, tagged: false },
    ]);
  });

  it('are found when each segment lacks a little', () => {
    const short = { lasts: 1.96 };
    const found = playlist(
      segment('00.000', short),
      segment('02.000', short),
      segment('04.000', short),
      segment('06.000'),
    );
    expect(found).toMatchObject([{ sequence: 10, tagged: false }]);
  });

  it('are found where a date is missing', () => {
    expect(playlist(segment('00.000'), ['#EXTINF:2.00000,', 'undated.m4s'])).toMatchObject([{ sequence: 8 }]);
  });

  it.each(['#EXT-X-DISCONTINUITY', '#EXT-X-GAP'])('are tagged by %s', (tag) => {
    expect(playlist(segment('00.000'), segment('08.000', { tag }))).toMatchObject([{ seconds: 6, tagged: true }]);
  });
});

describe('growth of memory', () => {
  const life = (processStartSeconds: number, megabytes: readonly number[]) =>
    megabytes.map((bytes) => ({ processStartSeconds, bytes }));

  it('leaves out the warm-up', () => {
    expect(growthOf(life(1, [10, 50, 90, 100, 100, 100, 100, 100, 100])).ratio).toBe(1);
  });

  it('sees a leak', () => {
    expect(growthOf(life(1, [100, 110, 120, 130, 140, 150, 160, 170, 180])).ratio).toBeCloseTo(170 / 140);
  });

  it('is of the newest process only', () => {
    expect(growthOf([...life(1, [900, 900, 900]), ...life(2, [100, 100, 101])])).toEqual({
      samples: 3,
      firstBytes: 100,
      lastBytes: 101,
      ratio: 1.01,
    });
  });
});

describe('a percentile', () => {
  const values = Array.from({ length: 20 }, (_, index) => 20 - index);

  it.each([
    [50, 10],
    [95, 19],
    [100, 20],
  ])('%d of one to twenty is %d', (percent, expected) => {
    expect(percentile(values, percent)).toBe(expected);
  });

  it('of nothing is not a number', () => {
    expect(percentile([], 95)).toBeNaN();
  });
});
