import { hlsKeys } from '../../shared/media-layout';
import { captionRendition } from '../captions/web-vtt';
import { audioRendition } from '../ladder/table';
import type { AnnouncedRendition } from '../lease/progress';

export interface Multivariant {
  readonly video: readonly AnnouncedRendition[];
  readonly audio: AnnouncedRendition;
  readonly frameRate: number;
  readonly captionLanguages: readonly string[];
}

/** Which media playlists a multivariant playlist points at. */
export type PlaylistKind = 'live' | 'event' | 'replay';

const playlistKeys = {
  live: hlsKeys.livePlaylist,
  event: hlsKeys.eventPlaylist,
  replay: hlsKeys.replayPlaylist,
} as const satisfies Record<PlaylistKind, unknown>;

const audioGroup = 'audio';
const captionGroup = 'captions';

/**
 * A multivariant playlist (RFC 8216 § 4.3.4): the video renditions with one audio group and one of captions, then audio
 * alone. Pure.
 */
export function multivariantPlaylist(content: Multivariant, kind: PlaylistKind): string {
  const { video, audio, frameRate, captionLanguages } = content;
  const audioUri = relativeUri(kind, audio.name);
  const lines = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS'];
  if (video.length > 0) {
    lines.push(
      `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="${audioGroup}",NAME="Stereo",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="${audioRendition.channels}",URI="${audioUri}"`,
    );
  }
  lines.push(...captionLanguages.map((language) => captionLine(language, kind)));
  const captions = captionLanguages.length > 0 ? [`SUBTITLES="${captionGroup}"`] : [];
  for (const rendition of video) {
    const attributes = [
      `BANDWIDTH=${rendition.peakBandwidth + audio.peakBandwidth}`,
      `AVERAGE-BANDWIDTH=${rendition.averageBandwidth + audio.averageBandwidth}`,
      `CODECS="${rendition.codec},${audio.codec}"`,
      `RESOLUTION=${rendition.width}x${rendition.height}`,
      `FRAME-RATE=${frameRate.toFixed(3)}`,
      `AUDIO="${audioGroup}"`,
      ...captions,
    ];
    lines.push(`#EXT-X-STREAM-INF:${attributes.join(',')}`, relativeUri(kind, rendition.name));
  }
  const audioOnly = [
    `BANDWIDTH=${audio.peakBandwidth}`,
    `AVERAGE-BANDWIDTH=${audio.averageBandwidth}`,
    `CODECS="${audio.codec}"`,
    ...(video.length > 0 ? [`AUDIO="${audioGroup}"`] : []),
    ...captions,
  ];
  lines.push(`#EXT-X-STREAM-INF:${audioOnly.join(',')}`, audioUri);
  return `${lines.join('\n')}\n`;
}

/** Apple's authoring specification wants the characteristic for captions that say all that is said. */
function captionLine(language: string, kind: PlaylistKind): string {
  const attributes = [
    'TYPE=SUBTITLES',
    `GROUP-ID="${captionGroup}"`,
    `NAME="${languageName(language)}"`,
    `LANGUAGE="${language}"`,
    'DEFAULT=NO',
    'AUTOSELECT=YES',
    'FORCED=NO',
    'CHARACTERISTICS="public.accessibility.transcribes-spoken-dialog"',
    `URI="${relativeUri(kind, captionRendition(language))}"`,
  ];
  return `#EXT-X-MEDIA:${attributes.join(',')}`;
}

/** As its speakers write it: `de` → `Deutsch`. */
function languageName(language: string): string {
  return new Intl.DisplayNames([language], { type: 'language' }).of(language) ?? language;
}

function relativeUri(kind: PlaylistKind, rendition: string): string {
  const anywhere = { mediaAccess: 'open', region: '-', streamId: '-' } as const;
  return playlistKeys[kind](anywhere, rendition).slice(hlsKeys.root(anywhere).length);
}
