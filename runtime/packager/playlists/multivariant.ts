import { hlsKeys } from '../../shared/media-layout';
import { audioRendition } from '../ladder/table';
import type { AnnouncedRendition } from '../lease/progress';

export interface Multivariant {
  readonly video: readonly AnnouncedRendition[];
  readonly audio: AnnouncedRendition;
  readonly frameRate: number;
}

/** Which media playlists a multivariant playlist points at. */
export type PlaylistKind = 'live' | 'event' | 'replay';

const playlistKeys = {
  live: hlsKeys.livePlaylist,
  event: hlsKeys.eventPlaylist,
  replay: hlsKeys.replayPlaylist,
} as const satisfies Record<PlaylistKind, unknown>;

const group = 'audio';

/** A multivariant playlist (RFC 8216 § 4.3.4): the video renditions with one audio group, then audio alone. Pure. */
export function multivariantPlaylist({ video, audio, frameRate }: Multivariant, kind: PlaylistKind): string {
  const audioUri = relativeUri(kind, audio.name);
  const lines = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS'];
  if (video.length > 0) {
    lines.push(
      `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="${group}",NAME="Stereo",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="${audioRendition.channels}",URI="${audioUri}"`,
    );
  }
  for (const rendition of video) {
    const attributes = [
      `BANDWIDTH=${rendition.peakBandwidth + audio.peakBandwidth}`,
      `AVERAGE-BANDWIDTH=${rendition.averageBandwidth + audio.averageBandwidth}`,
      `CODECS="${rendition.codec},${audio.codec}"`,
      `RESOLUTION=${rendition.width}x${rendition.height}`,
      `FRAME-RATE=${frameRate.toFixed(3)}`,
      `AUDIO="${group}"`,
    ];
    lines.push(`#EXT-X-STREAM-INF:${attributes.join(',')}`, relativeUri(kind, rendition.name));
  }
  const audioOnly = [
    `BANDWIDTH=${audio.peakBandwidth}`,
    `AVERAGE-BANDWIDTH=${audio.averageBandwidth}`,
    `CODECS="${audio.codec}"`,
    ...(video.length > 0 ? [`AUDIO="${group}"`] : []),
  ];
  lines.push(`#EXT-X-STREAM-INF:${audioOnly.join(',')}`, audioUri);
  return `${lines.join('\n')}\n`;
}

function relativeUri(kind: PlaylistKind, rendition: string): string {
  const anywhere = { mediaAccess: 'open', region: '-', streamId: '-' } as const;
  return playlistKeys[kind](anywhere, rendition).slice(hlsKeys.root(anywhere).length);
}
