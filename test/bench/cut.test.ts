import { cutPlaylist, cutSegments } from '../../bench/sync/cut';
import type { ListedSegment } from '../packager/conformance';
import { readMediaPlaylist } from '../packager/conformance';

const segment = (sequence: number, attempt: number): ListedSegment => ({
  uri: `${attempt}/${sequence}.m4s`,
  map: `${attempt}/init.mp4`,
  seconds: 2,
  sequence,
  discontinuitySequence: 0,
  programDateTimeMs: sequence * 2_000,
  discontinuity: false,
  gap: false,
});

const url = 'http://edge/hls/720p/replay.m3u8';
const segments = [segment(0, 1), segment(1, 1), segment(2, 1), segment(3, 2), segment(4, 2)];
const urls = (fromMs: number, toMs: number) => cutSegments(url, segments, fromMs, toMs).map((each) => each.url);

describe('a cut of a replay', () => {
  it('holds the segments that lie wholly between the moments', () => {
    expect(urls(1_500, 6_500)).toEqual(['http://edge/hls/720p/1/1.m4s', 'http://edge/hls/720p/1/2.m4s']);
  });

  it('is of one encoder run, the one with most', () => {
    expect(urls(4_000, 10_000)).toEqual(['http://edge/hls/720p/2/3.m4s', 'http://edge/hls/720p/2/4.m4s']);
  });

  it('is a playlist that keeps the rules, but for the dates', () => {
    const { segments: listed, ended, faults } = readMediaPlaylist(cutPlaylist(cutSegments(url, segments, 0, 6_000)));
    expect(faults).toEqual([]);
    expect(ended).toBe(true);
    expect(listed.map(({ map }) => map)).toEqual(Array(3).fill('http://edge/hls/720p/1/init.mp4'));
  });

  it('of nothing is refused', () => {
    expect(() => cutPlaylist(cutSegments(url, segments, 20_000, 30_000))).toThrow(/no segment/);
  });
});
