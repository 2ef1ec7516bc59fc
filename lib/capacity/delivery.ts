import { objectClasses, segmentSeconds } from '../../runtime/shared/media-layout';

/**
 * The delivery model: what viewers ask the edge, and what the edge asks the origin. A player fetches a media playlist and
 * a segment per segment length, of its video and of the sound; an edge cache fetches each rendition's playlist once per
 * TTL and each segment once, and Origin Shield folds all edges into one. `npm run bench:edge` measures it.
 */

/** Video renditions of a stream that somebody watches at any moment; the ladder has four. */
export const watchedRenditions = 4;

/** Sound is a rendition of its own, which every player fetches beside its video. */
const fetchedPerViewer = 2;
const fetchedPerStream = watchedRenditions + 1;

/**
 * Regional edge caches that a stream's audience is spread over. CloudFront has thirteen; a few hundred viewers of one
 * stream touch about four.
 */
export const touchedRegionalCaches = 4;

const playlistTtlSeconds = objectClasses.mediaPlaylist.maxAgeSeconds;

/** Requests one viewer makes in a second. */
export const requestsPerViewerSecond = (fetchedPerViewer * 2) / segmentSeconds;

/** Requests per second that one cache layer sends onwards for one stream. */
const fillRequestsPerSecond = fetchedPerStream * (1 / playlistTtlSeconds + 1 / segmentSeconds);

export interface Delivery {
  readonly viewers: number;
  readonly streams: number;
  readonly bitrateKbps: number;
}

export interface DeliveryLoad {
  readonly viewerRequestsPerSecond: number;
  readonly originRequestsPerSecond: number;
  readonly gigabitsPerSecond: number;
  /** Share of the delivered bytes that the buckets never send, 0 to 1. */
  readonly byteOffload: number;
  readonly requestOffload: number;
}

/** Load on edge and origin with Origin Shield. */
export function deliveryLoad({ viewers, streams, bitrateKbps }: Delivery): DeliveryLoad {
  const viewerRequestsPerSecond = viewers * requestsPerViewerSecond;
  const originRequestsPerSecond = Math.min(streams * fillRequestsPerSecond, viewerRequestsPerSecond);
  const share = (part: number, whole: number) => (whole === 0 ? 0 : Math.min(part / whole, 1));
  return {
    viewerRequestsPerSecond,
    originRequestsPerSecond,
    gigabitsPerSecond: (viewers * bitrateKbps) / 1_000_000,
    byteOffload: 1 - share(streams * watchedRenditions, viewers),
    requestOffload: 1 - share(originRequestsPerSecond, viewerRequestsPerSecond),
  };
}

/** Viewers one stream needs so that this share of its bytes comes from caches: R / (1 - share). */
export function viewersForByteOffload(share: number): number {
  return Math.ceil(watchedRenditions / (1 - share));
}

export interface RequestFloor {
  readonly streams: number;
  /** Hit rate, 0 to 1, that the edge must reach above the floor. */
  readonly hitRate: number;
  readonly periodSeconds: number;
}

/** Requests in a period from which on the model promises that hit rate: below it, a low rate is no fault. */
export function cacheHitRequestFloor({ streams, hitRate, periodSeconds }: RequestFloor): number {
  const missesPerSecond = streams * touchedRegionalCaches * fillRequestsPerSecond;
  return Math.ceil((missesPerSecond / (1 - hitRate)) * periodSeconds);
}
