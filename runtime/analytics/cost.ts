import { segmentSeconds } from '../shared/media-layout';
import { cloudFrontRequest, cloudFrontTransfer, type Geography, internetTransfer } from '../shared/prices';
import type { Watched } from './minutes/minute';

export interface DeliveryCost {
  readonly deliveryUsd: number;
  /** Null until something was watched. */
  readonly usdPerViewerHour: number | null;
}

/** Taken where no player has reported a bitrate yet. */
const assumedKbps = 3_000;
/** A player asks for a playlist and a segment each time one is made. */
const requestsPerHour = (2 * 3_600) / segmentSeconds;

/**
 * What delivering the watched time costs at list price, first volume step: HLS by CloudFront's transfer and requests
 * where the viewers are, WebRTC by what EC2 sends to the internet. Fixed costs of the platform are in `headend cost`.
 */
export function deliveryCost(watched: readonly Watched[], meanKbps: number | null): DeliveryCost {
  const gigabytesPerHour = ((meanKbps ?? assumedKbps) * 3_600) / 8 / 1_000_000;
  let deliveryUsd = 0;
  let hours = 0;
  for (const { transport, region, ms } of watched) {
    const watchedHours = ms / 3_600_000;
    hours += watchedHours;
    deliveryUsd +=
      watchedHours * (transport === 'hls' ? hlsHour(region, gigabytesPerHour) : webrtcHour(gigabytesPerHour));
  }
  return { deliveryUsd, usdPerViewerHour: hours > 0 ? deliveryUsd / hours : null };
}

function hlsHour(region: string, gigabytes: number): number {
  const geography = geographyOf(region);
  const perGigabyte = cloudFrontTransfer[geography][0]?.usdPerGigabyte ?? 0;
  return gigabytes * perGigabyte + requestsPerHour * cloudFrontRequest[geography];
}

function webrtcHour(gigabytes: number): number {
  return gigabytes * (internetTransfer[0]?.usdPerGigabyte ?? 0);
}

/** The dearest of the listed geographies stands for those that are not. */
function geographyOf(region: string): Geography {
  if (region.startsWith('us-')) return 'us';
  if (region.startsWith('eu-')) return 'eu';
  return region.startsWith('ap-northeast-') ? 'japan' : 'apac';
}
