/**
 * The single source of object keys and caching per object class. The packager writes with it; the CDN behaviours, the
 * local edge, the delivery simulator and the cost model are derived from it.
 *
 * A viewer's URL path is the object key: `https://<media host>/<key>`.
 *
 *   hls/<region>/<streamId>/index.m3u8                         multivariant, sliding live window
 *   hls/<region>/<streamId>/dvr.m3u8                           multivariant, rewind while live; replay after the end
 *   hls/<region>/<streamId>/<rendition>/live.m3u8              media playlist, sliding
 *   hls/<region>/<streamId>/<rendition>/event.m3u8             media playlist, the channel's length of rewind
 *   hls/<region>/<streamId>/<rendition>/replay.m3u8            media playlist, the whole broadcast, after its end
 *   hls/<region>/<streamId>/<rendition>/<attempt>/init.mp4     immutable
 *   hls/<region>/<streamId>/<rendition>/<attempt>/<sequence>.m4s
 *   hls/<region>/<streamId>/captions-<language>/<attempt>/<sequence>.vtt   with media playlists as a rendition has them
 *   hls/<region>/<streamId>/thumbnails/latest.jpg
 *   hls/<region>/<streamId>/thumbnails/storyboard.vtt          which picture belongs to which moment
 *   hls/<region>/<streamId>/thumbnails/<attempt>/<sequence>.jpg
 *   hls/<region>/<streamId>/thumbnails/<attempt>/sprite-<number>.jpg
 *
 * A private stream has the same below `private/` instead of `hls/`: there the CDN wants a signed cookie for every object.
 *
 *   recordings/<region>/<streamId>/recording.mp4|poster.jpg|metadata.json      (recordings bucket)
 *
 * An attempt is one run of a packager's encoder, named by the lease's fencing token: a key is never written twice.
 */

/** Length of a media segment. Two seconds: Apple's IDR recommendation, and the latency budget in docs/adr. */
export const segmentSeconds = 2;

/** Sliding window of the live playlist, in segments. RFC 8216 wants at least three target durations. */
export const liveWindowSegments = 15;

/** HLS objects expire after this many days (lifecycle rule). */
export const hlsExpiryDays = 30;

export interface ObjectClass {
  readonly contentType: string;
  /** How long a shared cache and a browser may keep it, in seconds. */
  readonly maxAgeSeconds: number;
  readonly immutable: boolean;
  /** Path pattern in CloudFront syntax; the order of `objectClasses` is the order of precedence. */
  readonly pathPattern: string;
  /** Whether compression on the way out pays (text). */
  readonly compress: boolean;
}

const year = 31_536_000;

export const objectClasses = {
  mediaPlaylist: {
    contentType: 'application/vnd.apple.mpegurl',
    maxAgeSeconds: 1,
    immutable: false,
    pathPattern: '/hls/*/live.m3u8',
    compress: true,
  },
  eventPlaylist: {
    contentType: 'application/vnd.apple.mpegurl',
    maxAgeSeconds: 2,
    immutable: false,
    pathPattern: '/hls/*/event.m3u8',
    compress: true,
  },
  multivariantPlaylist: {
    contentType: 'application/vnd.apple.mpegurl',
    maxAgeSeconds: 2,
    immutable: false,
    pathPattern: '/hls/*.m3u8',
    compress: true,
  },
  initSegment: {
    contentType: 'video/mp4',
    maxAgeSeconds: year,
    immutable: true,
    pathPattern: '/hls/*/init.mp4',
    compress: false,
  },
  mediaSegment: {
    contentType: 'video/iso.segment',
    maxAgeSeconds: year,
    immutable: true,
    pathPattern: '/hls/*.m4s',
    compress: false,
  },
  storyboard: {
    contentType: 'text/vtt',
    maxAgeSeconds: 10,
    immutable: false,
    pathPattern: '/hls/*/thumbnails/storyboard.vtt',
    compress: true,
  },
  captions: {
    contentType: 'text/vtt',
    maxAgeSeconds: year,
    immutable: true,
    pathPattern: '/hls/*.vtt',
    compress: true,
  },
  latestThumbnail: {
    contentType: 'image/jpeg',
    maxAgeSeconds: 10,
    immutable: false,
    pathPattern: '/hls/*/thumbnails/latest.jpg',
    compress: false,
  },
  thumbnail: {
    contentType: 'image/jpeg',
    maxAgeSeconds: year,
    immutable: true,
    pathPattern: '/hls/*.jpg',
    compress: false,
  },
} as const satisfies Record<string, ObjectClass>;

export type ObjectClassName = keyof typeof objectClasses;

export function cacheControl(name: ObjectClassName): string {
  const { maxAgeSeconds, immutable } = objectClasses[name];
  return `public, max-age=${maxAgeSeconds}${immutable ? ', immutable' : ''}`;
}

export interface StreamLocation {
  readonly region: string;
  readonly streamId: string;
}

/**
 * Who may fetch a stream's media: anyone, or whoever holds the CDN's cookies for it. A CDN decides that by path, so it is
 * part of every key, and settled when the first publisher is let in.
 */
export const mediaAccesses = ['open', 'signed'] as const;
export type MediaAccess = (typeof mediaAccesses)[number];

/** Where a stream's HLS objects are; a publish session says it, too. */
export interface MediaLocation extends StreamLocation {
  readonly mediaAccess: MediaAccess;
}

/** First part of every key. */
export const mediaPrefixes = { open: 'hls/', signed: 'private/' } as const satisfies Record<MediaAccess, string>;

const hlsRoot = ({ mediaAccess, region, streamId }: MediaLocation) =>
  `${mediaPrefixes[mediaAccess]}${region}/${streamId}`;
const padded = (sequence: number) => String(sequence).padStart(8, '0');

/** Object keys of one stream in the HLS bucket. */
export const hlsKeys = {
  root: (at: MediaLocation) => `${hlsRoot(at)}/`,
  liveMultivariant: (at: MediaLocation) => `${hlsRoot(at)}/index.m3u8`,
  dvrMultivariant: (at: MediaLocation) => `${hlsRoot(at)}/dvr.m3u8`,
  livePlaylist: (at: MediaLocation, rendition: string) => `${hlsRoot(at)}/${rendition}/live.m3u8`,
  eventPlaylist: (at: MediaLocation, rendition: string) => `${hlsRoot(at)}/${rendition}/event.m3u8`,
  replayPlaylist: (at: MediaLocation, rendition: string) => `${hlsRoot(at)}/${rendition}/replay.m3u8`,
  initSegment: (at: MediaLocation, rendition: string, attempt: number) =>
    `${hlsRoot(at)}/${rendition}/${attempt}/init.mp4`,
  mediaSegment: (at: MediaLocation, rendition: string, attempt: number, sequence: number) =>
    `${hlsRoot(at)}/${rendition}/${attempt}/${padded(sequence)}.m4s`,
  captions: (at: MediaLocation, rendition: string, attempt: number, sequence: number) =>
    `${hlsRoot(at)}/${rendition}/${attempt}/${padded(sequence)}.vtt`,
  latestThumbnail: (at: MediaLocation) => `${hlsRoot(at)}/thumbnails/latest.jpg`,
  thumbnail: (at: MediaLocation, attempt: number, sequence: number) =>
    `${hlsRoot(at)}/thumbnails/${attempt}/${padded(sequence)}.jpg`,
  spriteSheet: (at: MediaLocation, attempt: number, number: number) =>
    `${hlsRoot(at)}/thumbnails/${attempt}/sprite-${padded(number)}.jpg`,
  /** What the images in a storyboard are named relative to. */
  thumbnails: (at: MediaLocation) => `${hlsRoot(at)}/thumbnails/`,
  storyboard: (at: MediaLocation) => `${hlsRoot(at)}/thumbnails/storyboard.vtt`,
} as const;

const recordingRoot = ({ region, streamId }: StreamLocation) => `recordings/${region}/${streamId}`;

/** Object keys of one stream in the recordings bucket. Only `recording` is ever archived. */
export const recordingKeys = {
  recording: (at: StreamLocation) => `${recordingRoot(at)}/recording.mp4`,
  poster: (at: StreamLocation) => `${recordingRoot(at)}/poster.jpg`,
  metadata: (at: StreamLocation) => `${recordingRoot(at)}/metadata.json`,
} as const;

/** Object tag that picks the lifecycle rule of a recording, and its classes in days. */
export const retentionTag = 'headend-retention-days';
export const retentionDays = [30, 90, 180, 365] as const;
export const defaultRetentionDays = 90;
