import { segmentSeconds } from '../../runtime/shared/media-layout';
import {
  cloudFrontRequest,
  cloudFrontTransfer,
  ec2Prices,
  type Geography,
  geographies,
  internetTransfer,
  prices,
  spotShare,
} from '../../runtime/shared/prices';
import { deliveryLoad, watchedRenditions } from '../capacity/delivery';
import type { Config } from '../config/config';
import { type AudienceProfile, monthlyVolume } from './audience';
import { type CostLine, line } from './line';
import { volumeCost } from './volume';

/** What the audience of a month costs on top of the platform. */
export function usageCost(config: Config, profile: AudienceProfile): CostLine[] {
  return [...deliveryLines(config, profile), ...webrtcLines(profile), ...broadcastLines(profile)];
}

function deliveryLines(config: Config, profile: AudienceProfile): CostLine[] {
  const { hlsGigabytes, hlsRequests } = monthlyVolume(profile);
  const { viewers, broadcasts, bitrateKbps, hours } = profile;
  const { originRequestsPerSecond } = deliveryLoad({ viewers, streams: broadcasts, bitrateKbps });
  const originRequests = originRequestsPerSecond * hours * 3_600;
  if (config.delivery.cdn === 'cloudflare') {
    return [line('usage', 'R2 reads behind the cache', originRequests, prices.r2Read)];
  }
  const shares = geographies.map((geography): [Geography, number] => [geography, profile.geography[geography] ?? 0]);
  const transfer = shares.map(([geography, share]) => volumeCost(cloudFrontTransfer[geography], hlsGigabytes * share));
  const requests = shares.map(([geography, share]) => cloudFrontRequest[geography] * hlsRequests * share);
  return [
    usage('CloudFront transfer', hlsGigabytes, 'GB', sum(transfer)),
    usage('CloudFront requests', hlsRequests, 'request', sum(requests)),
    line('usage', 'WAF requests on media', hlsRequests, prices.webAclRequest),
    line('usage', 'Origin Shield', originRequests, prices.originShield),
    line('usage', 'S3 reads behind the shield', originRequests, prices.s3Get),
  ];
}

function webrtcLines(profile: AudienceProfile): CostLine[] {
  const { webrtcGigabytes } = monthlyVolume(profile);
  return [usage('WebRTC to the internet', webrtcGigabytes, 'GB', volumeCost(internetTransfer, webrtcGigabytes))];
}

/** Two packagers share a worker node; each rendition writes a segment and two playlists per segment length. */
function broadcastLines(profile: AudienceProfile): CostLine[] {
  const { broadcastHours } = monthlyVolume(profile);
  const worker = ec2Prices['c7g.2xlarge'];
  const writes = (broadcastHours * 3_600 * watchedRenditions * 3) / segmentSeconds;
  return [
    ...(worker ? [line('usage', 'packaging on Spot', broadcastHours / 2, worker, spotShare.usd)] : []),
    line('usage', 'S3 writes', writes, prices.s3Put),
    line('usage', 'HLS kept 30 days', broadcastHours * ladderGigabytesPerHour, prices.s3Standard),
  ];
}

/** 6 + 3 + 1.5 + 0.8 Mbit/s. */
const ladderGigabytesPerHour = (11_300 * 3_600) / 8 / 1_000_000;

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const usage = (what: string, quantity: number, unit: string, usd: number): CostLine => ({
  what,
  kind: 'usage',
  quantity,
  unit,
  usd,
  confidence: 'list',
});
