import { hlsKeys } from '../../shared/media-layout';
import type { TimelineEntry } from '../lease/progress';

/** Whose playlist, and how its segments are found. */
export interface PlaylistRendition {
  readonly name: string;
  readonly kind: 'video' | 'audio' | 'captions';
  /** The rendition whose segments this one lists in an attempt; itself unless it was given up for a while. */
  sourceIn(attempt: number): string;
}

export interface PlaylistWindow {
  /** All published segments, oldest first. */
  readonly timeline: readonly TimelineEntry[];
  /** Index in `timeline` of the first that is listed. */
  readonly from: number;
  readonly targetSeconds: number;
  /** Complete and final; a playlist that slides or grows has no type. */
  readonly type?: 'vod';
  readonly ended: boolean;
}

/**
 * A media playlist (RFC 8216; EXT-X-GAP from RFC 8216bis). Each attempt has an init segment and a timeline of its own,
 * so that a change of attempt is a discontinuity. Pure.
 */
export function mediaPlaylist(rendition: PlaylistRendition, window: PlaylistWindow): string {
  const listed = window.timeline.slice(window.from);
  const first = listed[0];
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${listed.some(({ gap }) => gap) ? 8 : 7}`,
    `#EXT-X-TARGETDURATION:${window.targetSeconds}`,
    `#EXT-X-MEDIA-SEQUENCE:${first?.sequence ?? 0}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuitiesThrough(window.timeline, window.from)}`,
    ...(window.type ? [`#EXT-X-PLAYLIST-TYPE:${window.type.toUpperCase()}`] : []),
    '#EXT-X-INDEPENDENT-SEGMENTS',
  ];
  listed.forEach((entry, index) => {
    const previous = index === 0 ? undefined : listed[index - 1];
    lines.push(...segmentLines(rendition, entry, previous));
  });
  if (window.ended) lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

/**
 * EXT-X-DISCONTINUITY-SEQUENCE: the tags that have left the playlist. A segment that leads the playlist carries no tag,
 * so its own, if it had one, counts as gone.
 */
function discontinuitiesThrough(timeline: readonly TimelineEntry[], from: number): number {
  let count = 0;
  for (let index = 1; index <= from && index < timeline.length; index += 1) {
    if (timeline[index]?.attempt !== timeline[index - 1]?.attempt) count += 1;
  }
  return count;
}

function segmentLines(
  rendition: PlaylistRendition,
  entry: TimelineEntry,
  previous: TimelineEntry | undefined,
): readonly string[] {
  const isFirstOfAttempt = previous?.attempt !== entry.attempt;
  const source = rendition.sourceIn(entry.attempt);
  const seconds = rendition.kind === 'audio' ? entry.audioSeconds : entry.seconds;
  const hasInit = rendition.kind !== 'captions';
  const segmentKey = hasInit ? hlsKeys.mediaSegment : hlsKeys.captions;
  return [
    ...(previous && isFirstOfAttempt ? ['#EXT-X-DISCONTINUITY'] : []),
    ...(hasInit && isFirstOfAttempt
      ? [
          `#EXT-X-MAP:URI="${relativeUri(rendition.name, source, hlsKeys.initSegment(anywhere, source, entry.attempt))}"`,
        ]
      : []),
    `#EXT-X-PROGRAM-DATE-TIME:${new Date(entry.startMs).toISOString()}`,
    ...(entry.gap ? ['#EXT-X-GAP'] : []),
    `#EXTINF:${seconds.toFixed(5)},`,
    relativeUri(rendition.name, source, segmentKey(anywhere, source, entry.attempt, entry.sequence)),
  ];
}

const anywhere = { mediaAccess: 'open', region: '-', streamId: '-' } as const;

/** URI of an object of `source` as a playlist of `rendition` says it. */
function relativeUri(rendition: string, source: string, key: string): string {
  const fromRoot = key.slice(hlsKeys.root(anywhere).length);
  return source === rendition ? fromRoot.slice(rendition.length + 1) : `../${fromRoot}`;
}
