/**
 * Checks playlists against RFC 8216 (and EXT-X-GAP of RFC 8216bis): our own reader, which shares nothing with the
 * packager's writer. Each broken rule is a sentence.
 */

export interface ListedSegment {
  readonly uri: string;
  readonly seconds: number;
  readonly sequence: number;
  readonly discontinuitySequence: number;
  readonly map: string | undefined;
  readonly programDateTimeMs: number | undefined;
  readonly discontinuity: boolean;
  readonly gap: boolean;
}

export interface MediaPlaylist {
  readonly version: number;
  readonly targetSeconds: number;
  readonly type: string | undefined;
  readonly ended: boolean;
  readonly segments: readonly ListedSegment[];
  readonly faults: readonly string[];
}

const knownTags = new Set([
  'EXTM3U',
  'EXT-X-VERSION',
  'EXT-X-TARGETDURATION',
  'EXT-X-MEDIA-SEQUENCE',
  'EXT-X-DISCONTINUITY-SEQUENCE',
  'EXT-X-PLAYLIST-TYPE',
  'EXT-X-INDEPENDENT-SEGMENTS',
  'EXT-X-ENDLIST',
  'EXTINF',
  'EXT-X-MAP',
  'EXT-X-DISCONTINUITY',
  'EXT-X-PROGRAM-DATE-TIME',
  'EXT-X-GAP',
]);

/** § 4.3.3 and § 4.3.2: a media playlist on its own. */
export function readMediaPlaylist(text: string): MediaPlaylist {
  const faults: string[] = [];
  const fault = (sentence: string) => faults.push(sentence);
  const lines = text.split('\n');
  if (lines[0] !== '#EXTM3U') fault('§4.3.1.1: the first line is not #EXTM3U');
  if (!text.endsWith('\n')) fault('§4.1: the last line is not terminated');
  if (text.includes('\r') || text.startsWith('\ufeff')) fault('§4.1: a BOM or a carriage return');
  const single = new Map<string, string>();
  const segments: ListedSegment[] = [];
  let sequence: number | undefined;
  let discontinuities = 0;
  let map: string | undefined;
  let pending: { seconds?: number; dateMs?: number; discontinuity?: boolean; gap?: boolean } = {};
  let ended = false;
  for (const line of lines.slice(1)) {
    if (line === '') continue;
    if (!line.startsWith('#')) {
      sequence ??= Number(single.get('EXT-X-MEDIA-SEQUENCE') ?? 0);
      if (pending.seconds === undefined) fault(`§4.3.2.1: ${line} has no EXTINF`);
      if (pending.discontinuity) discontinuities += 1;
      segments.push({
        uri: line,
        seconds: pending.seconds ?? 0,
        sequence,
        discontinuitySequence: Number(single.get('EXT-X-DISCONTINUITY-SEQUENCE') ?? 0) + discontinuities,
        map,
        programDateTimeMs: pending.dateMs,
        discontinuity: pending.discontinuity ?? false,
        gap: pending.gap ?? false,
      });
      sequence += 1;
      pending = {};
      continue;
    }
    const [, tag = '', value = ''] = /^#([A-Z0-9-]+)(?::(.*))?$/.exec(line) ?? [];
    if (!knownTags.has(tag)) fault(`a tag that a media playlist of ours has no use for: ${line}`);
    switch (tag) {
      case 'EXTINF': {
        const duration = /^(\d+(?:\.\d+)?),/.exec(value)?.[1];
        if (duration === undefined) fault(`§4.3.2.1: ${line} is no duration with a comma`);
        pending.seconds = Number(duration);
        break;
      }
      case 'EXT-X-DISCONTINUITY':
        pending.discontinuity = true;
        break;
      case 'EXT-X-GAP':
        pending.gap = true;
        break;
      case 'EXT-X-MAP':
        map = /^URI="([^"]+)"$/.exec(value)?.[1];
        if (map === undefined) fault(`§4.3.2.5: ${line} has no quoted URI`);
        break;
      case 'EXT-X-PROGRAM-DATE-TIME':
        pending.dateMs = Date.parse(value);
        if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value))
          fault(`§4.3.2.6: ${value} is not ISO 8601 with a zone`);
        break;
      case 'EXT-X-ENDLIST':
        ended = true;
        break;
      default:
        if (single.has(tag)) fault(`§4.3: ${tag} appears twice`);
        if (segments.length > 0) fault(`§4.3.3: ${tag} comes after a segment`);
        single.set(tag, value);
    }
  }
  const target = single.get('EXT-X-TARGETDURATION');
  if (target === undefined || !/^\d+$/.test(target)) fault('§4.3.3.1: no integer EXT-X-TARGETDURATION');
  const targetSeconds = Number(target);
  const version = Number(single.get('EXT-X-VERSION') ?? 1);
  for (const segment of segments) {
    if (Math.round(segment.seconds) > targetSeconds) {
      fault(`§4.3.3.1: segment ${segment.sequence} lasts ${segment.seconds} s, the target is ${targetSeconds} s`);
    }
    if (segment.map === undefined && !isWebVtt(segment)) fault(`§3.3: segment ${segment.sequence} has no EXT-X-MAP`);
    if (segment.gap && version < 8) fault('RFC 8216bis §8: EXT-X-GAP needs version 8');
  }
  for (const [index, segment] of segments.entries()) {
    const previous = segments[index - 1];
    if (previous && previous.map !== segment.map && !segment.discontinuity) {
      fault(`§4.3.2.3: the init segment changes at ${segment.sequence} without EXT-X-DISCONTINUITY`);
    }
  }
  if (version < 6) fault('§7: EXT-X-MAP outside an I-frame playlist needs version 6');
  if (new Set(segments.map(({ uri }) => uri)).size !== segments.length) fault('a segment is listed twice');
  return { version, targetSeconds, type: single.get('EXT-X-PLAYLIST-TYPE'), ended, segments, faults };
}

/** § 3.5: WebVTT segments have no init segment. */
const isWebVtt = ({ uri }: ListedSegment) => uri.endsWith('.vtt');

/** § 6.2.1 and § 6.2.2: what a server may change from one version of a playlist to the next. */
export function updateFaults(before: MediaPlaylist, after: MediaPlaylist): string[] {
  const faults: string[] = [];
  if (before.targetSeconds !== after.targetSeconds) faults.push('§6.2.1: the target duration changed');
  const first = after.segments[0]?.sequence ?? 0;
  if (first < (before.segments[0]?.sequence ?? 0)) faults.push('§6.2.1: the media sequence went back');
  if (before.ended && !after.ended) faults.push('§6.2.1: ENDLIST was taken back');
  if (before.type !== undefined && first !== before.segments[0]?.sequence) {
    faults.push('§4.3.3.5: a playlist with a type lost segments');
  }
  const later = new Map(after.segments.map((segment) => [segment.sequence, segment]));
  for (const segment of before.segments) {
    if (segment.sequence < first) continue;
    const same = later.get(segment.sequence);
    if (!same) faults.push(`§6.2.1: segment ${segment.sequence} was removed from the middle or the end`);
    else if (same.uri !== segment.uri || same.seconds !== segment.seconds || same.map !== segment.map) {
      faults.push(`§6.2.1: segment ${segment.sequence} changed`);
    } else if (same.discontinuitySequence !== segment.discontinuitySequence) {
      faults.push(`§6.2.2: segment ${segment.sequence} went to another discontinuity sequence`);
    }
  }
  return faults;
}

/** § 6.2.4: renditions of one presentation hang together. */
export function alignmentFaults(playlists: Readonly<Record<string, MediaPlaylist>>): string[] {
  const faults: string[] = [];
  const [reference, ...others] = Object.entries(playlists);
  if (!reference) return ['there is no rendition'];
  const [referenceName, expected] = reference;
  for (const [name, playlist] of others) {
    if (playlist.targetSeconds !== expected.targetSeconds) faults.push(`§6.2.4: ${name} has a target of its own`);
    const bySequence = new Map(playlist.segments.map((segment) => [segment.sequence, segment]));
    for (const segment of expected.segments) {
      const other = bySequence.get(segment.sequence);
      if (!other) {
        faults.push(`${name} lacks segment ${segment.sequence} of ${referenceName}`);
      } else {
        if (other.discontinuitySequence !== segment.discontinuitySequence) {
          faults.push(`§6.2.4: ${name} has another discontinuity sequence at ${segment.sequence}`);
        }
        if (other.programDateTimeMs !== segment.programDateTimeMs) {
          faults.push(`§6.2.4: ${name} has another date at ${segment.sequence}`);
        }
      }
    }
  }
  return faults;
}

export interface Variant {
  readonly uri: string;
  readonly bandwidth: number;
  readonly averageBandwidth: number;
  readonly codecs: readonly string[];
  readonly resolution: string | undefined;
  readonly frameRate: number | undefined;
  readonly audioGroup: string | undefined;
  readonly subtitlesGroup: string | undefined;
}

/** Of EXT-X-MEDIA. */
export interface Rendition {
  readonly groupId: string;
  readonly uri: string;
  readonly language: string | undefined;
}

export interface MultivariantPlaylist {
  readonly variants: readonly Variant[];
  readonly audio: readonly Rendition[];
  readonly subtitles: readonly Rendition[];
  readonly faults: readonly string[];
}

/** § 4.3.4. */
export function readMultivariant(text: string): MultivariantPlaylist {
  const faults: string[] = [];
  const variants: Variant[] = [];
  const renditions = { AUDIO: [] as Rendition[], SUBTITLES: [] as Rendition[] };
  const lines = text.split('\n').filter((line) => line !== '');
  if (lines[0] !== '#EXTM3U') faults.push('§4.3.1.1: the first line is not #EXTM3U');
  if (!lines.includes('#EXT-X-INDEPENDENT-SEGMENTS')) faults.push('§4.3.5.1: no EXT-X-INDEPENDENT-SEGMENTS');
  lines.forEach((line, index) => {
    if (line.startsWith('#EXT-X-MEDIA:')) {
      const attributes = attributesOf(line);
      for (const name of ['TYPE', 'GROUP-ID', 'NAME']) {
        if (!attributes.has(name)) faults.push(`§4.3.4.1: EXT-X-MEDIA without ${name}`);
      }
      const type = attributes.get('TYPE');
      if (type !== 'AUDIO' && type !== 'SUBTITLES') faults.push(`a TYPE that ours has no use for: ${type}`);
      else {
        renditions[type].push({
          groupId: attributes.get('GROUP-ID') ?? '',
          uri: attributes.get('URI') ?? '',
          language: attributes.get('LANGUAGE'),
        });
      }
      if (type === 'SUBTITLES' && !attributes.has('URI')) faults.push('§4.3.4.1: SUBTITLES without URI');
      if (attributes.get('DEFAULT') === 'YES' && attributes.get('AUTOSELECT') !== 'YES') {
        faults.push('§4.3.4.1: DEFAULT=YES wants AUTOSELECT=YES');
      }
    }
    if (!line.startsWith('#EXT-X-STREAM-INF:')) return;
    const attributes = attributesOf(line);
    const uri = lines[index + 1] ?? '';
    if (uri.startsWith('#')) faults.push('§4.3.4.2: EXT-X-STREAM-INF is not followed by a URI');
    const variant: Variant = {
      uri,
      bandwidth: Number(attributes.get('BANDWIDTH')),
      averageBandwidth: Number(attributes.get('AVERAGE-BANDWIDTH')),
      codecs: (attributes.get('CODECS') ?? '').split(','),
      resolution: attributes.get('RESOLUTION'),
      frameRate: attributes.has('FRAME-RATE') ? Number(attributes.get('FRAME-RATE')) : undefined,
      audioGroup: attributes.get('AUDIO'),
      subtitlesGroup: attributes.get('SUBTITLES'),
    };
    if (!(variant.bandwidth > 0)) faults.push(`§4.3.4.2: ${uri} has no BANDWIDTH`);
    if (!(variant.averageBandwidth > 0 && variant.averageBandwidth <= variant.bandwidth)) {
      faults.push(`§4.3.4.2: AVERAGE-BANDWIDTH of ${uri} is missing or over BANDWIDTH`);
    }
    if (!variant.codecs.every((codec) => /^(avc1\.[0-9a-f]{6}|mp4a\.40\.2)$/.test(codec))) {
      faults.push(`§4.3.4.2: CODECS of ${uri} are ${variant.codecs.join(',')}`);
    }
    if (variant.codecs.some((codec) => codec.startsWith('avc1')) && !(variant.resolution && variant.frameRate)) {
      faults.push(`Apple 9.14, 9.15: ${uri} has video without RESOLUTION and FRAME-RATE`);
    }
    variants.push(variant);
  });
  const { AUDIO: audio, SUBTITLES: subtitles } = renditions;
  for (const { audioGroup, subtitlesGroup } of variants) {
    if (audioGroup !== undefined && !audio.some(({ groupId }) => groupId === audioGroup)) {
      faults.push(`§4.3.4.2: there is no audio group ${audioGroup}`);
    }
    if (subtitlesGroup !== undefined && !subtitles.some(({ groupId }) => groupId === subtitlesGroup)) {
      faults.push(`§4.3.4.2: there is no subtitles group ${subtitlesGroup}`);
    }
    if (subtitles.length > 0 && subtitlesGroup === undefined) faults.push('a variant goes without its captions');
  }
  return { variants, audio, subtitles, faults };
}

function attributesOf(line: string): Map<string, string> {
  const list = line.slice(line.indexOf(':') + 1);
  return new Map(
    [...list.matchAll(/([A-Z0-9-]+)=("[^"]*"|[^,]*)/g)].map(([, name = '', value = '']) => [
      name,
      value.replace(/^"|"$/g, ''),
    ]),
  );
}
