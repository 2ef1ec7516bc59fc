import type { ListedSegment } from '../../test/packager/conformance';

export interface CutSegment {
  readonly url: string;
  readonly mapUrl: string;
  readonly seconds: number;
}

/**
 * Segments that lie between two moments, of the one encoder run that has most of them: with one set of parameters and
 * one clock. Pure.
 */
export function cutSegments(
  playlistUrl: string,
  segments: readonly ListedSegment[],
  fromMs: number,
  toMs: number,
): readonly CutSegment[] {
  const runs = new Map<string, CutSegment[]>();
  for (const { uri, map, seconds, programDateTimeMs: startMs = Number.NaN } of segments) {
    if (map === undefined || !(startMs >= fromMs && startMs + seconds * 1_000 <= toMs)) continue;
    const run = runs.get(map) ?? [];
    runs.set(map, run);
    run.push({ url: new URL(uri, playlistUrl).href, mapUrl: new URL(map, playlistUrl).href, seconds });
  }
  return [...runs.values()].reduce((longest, run) => (run.length > longest.length ? run : longest), []);
}

/** A playlist of its own for a cut, complete. Pure. */
export function cutPlaylist(segments: readonly CutSegment[]): string {
  const [first] = segments;
  if (!first) throw new Error('no segment lies between these moments');
  const targetSeconds = Math.ceil(Math.max(...segments.map(({ seconds }) => seconds)));
  return [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${targetSeconds}`,
    '#EXT-X-PLAYLIST-TYPE:VOD',
    `#EXT-X-MAP:URI="${first.mapUrl}"`,
    ...segments.flatMap(({ url, seconds }) => [`#EXTINF:${seconds},`, url]),
    '#EXT-X-ENDLIST',
    '',
  ].join('\n');
}

/** The multivariant playlist of a cut's two renditions. */
export const cutMultivariant = [
  '#EXTM3U',
  '#EXT-X-VERSION:7',
  '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="audio",DEFAULT=YES,URI="audio.m3u8"',
  '#EXT-X-STREAM-INF:BANDWIDTH=3000000,AUDIO="audio"',
  'video.m3u8',
  '',
].join('\n');
