import { posix } from 'node:path';
import { runMediaTool } from '../../../runtime/local/media-tools';
import { poll } from '../../../runtime/local/poll';
import { hlsKeys, type MediaAccess, type MediaLocation } from '../../../runtime/shared/media-layout';
import {
  alignmentFaults,
  type ListedSegment,
  type MediaPlaylist,
  type MultivariantPlaylist,
  readMediaPlaylist,
  readMultivariant,
} from '../conformance';
import { type Bucket, region } from './rig';

export type Kind = 'live' | 'event' | 'replay';

const keyOf = { live: hlsKeys.livePlaylist, event: hlsKeys.eventPlaylist, replay: hlsKeys.replayPlaylist };

/** A broadcast as a player sees it: through its playlists. */
export class BroadcastView {
  readonly at: MediaLocation;

  constructor(
    private readonly bucket: Bucket,
    readonly streamId: string,
    mediaAccess: MediaAccess = 'open',
  ) {
    this.at = { region, streamId, mediaAccess };
  }

  async multivariant(kind: 'live' | 'dvr' = 'live'): Promise<MultivariantPlaylist> {
    const key = kind === 'live' ? hlsKeys.liveMultivariant(this.at) : hlsKeys.dvrMultivariant(this.at);
    return readMultivariant(await this.bucket.text(key));
  }

  async playlist(rendition: string, kind: Kind = 'live'): Promise<MediaPlaylist> {
    return readMediaPlaylist(await this.bucket.text(keyOf[kind](this.at, rendition)));
  }

  /** Names of the renditions that the multivariant playlist names. */
  async renditions(): Promise<readonly string[]> {
    const { variants } = await this.multivariant();
    return variants.map(({ uri }) => posix.dirname(uri));
  }

  async until(
    what: string,
    condition: (playlist: MediaPlaylist) => boolean,
    options: Until = {},
  ): Promise<MediaPlaylist> {
    const { rendition, kind = 'live', deadlineMs = 40_000 } = options;
    return poll(
      async () => {
        const name = rendition ?? (await this.renditions())[0] ?? '';
        const playlist = await this.playlist(name, kind);
        if (!condition(playlist)) {
          throw new Error(`${name}/${kind} has ${playlist.segments.length} segments, ended ${playlist.ended}`);
        }
        return playlist;
      },
      { what, deadlineMs, intervalMs: 150 },
    );
  }

  /** Everything that is wrong with the playlists, and with what they list: nothing, one hopes. */
  async faults(kind: Kind = 'live'): Promise<readonly string[]> {
    const multivariant = await this.multivariant(kind === 'live' ? 'live' : 'dvr');
    const names = [...multivariant.variants, ...multivariant.subtitles].map(({ uri }) => posix.dirname(uri));
    // Playlists are written one after the other: read until all are of the same moment.
    const playlists = await poll(
      async () => {
        const read = await Promise.all(names.map(async (name) => [name, await this.playlist(name, kind)] as const));
        const lasts = new Set(read.map(([, { segments }]) => segments.at(-1)?.sequence));
        if (lasts.size > 1) throw new Error(`the playlists end at ${[...lasts].join(', ')}`);
        return Object.fromEntries(read);
      },
      { what: 'playlists of one moment', deadlineMs: 10_000 },
    );
    const stored = new Set(await this.allKeys());
    const missing = Object.entries(playlists).flatMap(([name, { segments }]) =>
      segments.flatMap((segment) =>
        segment.gap
          ? []
          : [segment.uri, segment.map ?? segment.uri]
              .map((uri) => this.key(name, uri))
              .filter((key) => !stored.has(key)),
      ),
    );
    return [
      ...multivariant.faults,
      ...Object.entries(playlists).flatMap(([name, { faults }]) => faults.map((fault) => `${name}: ${fault}`)),
      ...alignmentFaults(playlists),
      ...missing.map((key) => `${key} is listed but not stored`),
    ];
  }

  /** Object key of a URI in a rendition's playlist. */
  key(rendition: string, uri: string): string {
    return posix.join(hlsKeys.root(this.at), rendition, uri);
  }

  /** An object that a rendition's playlist names. */
  async bytes(rendition: string, uri: string): Promise<Buffer> {
    return (await this.bucket.get(this.key(rendition, uri))).body;
  }

  /** Bytes of a segment with its init segment: a file that can be decoded. */
  async media(rendition: string, segment: ListedSegment): Promise<Buffer> {
    return Buffer.concat([await this.bytes(rendition, segment.map ?? ''), await this.bytes(rendition, segment.uri)]);
  }

  async allKeys(): Promise<readonly string[]> {
    return this.bucket.list(hlsKeys.root(this.at));
  }
}

interface Until {
  readonly rendition?: string;
  readonly kind?: Kind;
  readonly deadlineMs?: number;
}

export interface Packet {
  readonly seconds: number;
  readonly durationSeconds: number;
  readonly isKey: boolean;
}

/** Packets of a file as ffprobe reads them, in the file's own time. */
export async function packetsOf(media: Buffer): Promise<readonly Packet[]> {
  const entries = ['-v', 'error', '-show_entries', 'packet=pts_time,duration_time,flags', '-of', 'json'];
  const { stdout } = await runMediaTool('ffprobe', [...entries, '-i', 'pipe:0'], media);
  const { packets } = JSON.parse(stdout.toString()) as {
    packets: { pts_time: string; duration_time: string; flags: string }[];
  };
  return packets.map(({ pts_time, duration_time, flags }) => ({
    seconds: Number(pts_time),
    durationSeconds: Number(duration_time),
    isKey: flags.startsWith('K'),
  }));
}
