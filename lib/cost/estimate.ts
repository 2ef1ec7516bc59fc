import { flatRateBusiness, managedPeers } from '../../runtime/shared/prices';
import type { Config } from '../config/config';
import { type AudienceProfile, monthlyVolume } from './audience';
import type { CostLine } from './line';
import { platformCost, type Unpriced } from './platform';
import { usageCost } from './usage';

export interface Estimate {
  readonly fixedUsd: number;
  readonly usageUsd: number;
  readonly totalUsd: number;
  readonly usdPerViewerHour: number;
  readonly usdPerBroadcastHour: number;
  readonly lines: readonly CostLine[];
  /** Share of the total that stands on estimated prices, 0 to 1. */
  readonly estimatedShare: number;
  readonly unpriced: readonly Unpriced[];
}

/** The month's bill at list prices. */
export function estimate(config: Config, profile: AudienceProfile): Estimate {
  const platform = platformCost(config);
  const lines = [...platform.lines, ...usageCost(config, profile)].sort((a, b) => b.usd - a.usd);
  const total = (some: readonly CostLine[]) => some.reduce((sum, { usd }) => sum + usd, 0);
  const totalUsd = total(lines);
  const { viewerHours, broadcastHours } = monthlyVolume(profile);
  return {
    fixedUsd: total(lines.filter(({ kind }) => kind === 'fixed')),
    usageUsd: total(lines.filter(({ kind }) => kind === 'usage')),
    totalUsd,
    usdPerViewerHour: totalUsd / viewerHours,
    usdPerBroadcastHour: totalUsd / broadcastHours,
    lines,
    estimatedShare: total(lines.filter(({ confidence }) => confidence === 'estimate')) / totalUsd,
    unpriced: platform.unpriced,
  };
}

export interface Alternative {
  readonly name: string;
  /** Delivery of the same viewer-hours, USD per month; absent where the plan does not fit. */
  readonly usd?: number;
  readonly note: string;
}

/** The same audience by other routes: delivery only, so that like is compared with like. */
export function alternatives(config: Config, profile: AudienceProfile): Alternative[] {
  const { hlsViewerHours, hlsGigabytes, hlsRequests } = monthlyVolume(profile);
  const payAsYouGo = usageCost({ ...config, delivery: { cdn: 'cloudfront' } }, profile)
    .filter(({ what }) => /CloudFront|WAF|Shield|S3 reads/.test(what))
    .reduce((sum, { usd }) => sum + usd, 0);
  const { usdPerMonth, terabytes, requests } = flatRateBusiness;
  const fits = hlsGigabytes <= terabytes * 1_000 && hlsRequests <= requests;
  const millions = (count: number) => `${Math.round(count / 1e6)} M`;
  return [
    { name: 'CloudFront, pay as you go', usd: payAsYouGo, note: 'list prices' },
    {
      name: 'CloudFront flat-rate Business',
      ...(fits && { usd: usdPerMonth }),
      note: fits
        ? `fits ${terabytes} TB and ${millions(requests)} requests`
        : `does not fit: ${Math.round(hlsGigabytes / 1_000)} of ${terabytes} TB, ${millions(hlsRequests)} of ${millions(requests)} requests`,
    },
    ...managedPeers.map(({ name, usdPerViewerHour, source, asOf }) => ({
      name,
      usd: usdPerViewerHour * hlsViewerHours,
      note: `${usdPerViewerHour} USD per viewer-hour, packaging included (${source}, ${asOf})`,
    })),
  ];
}

export interface Sensitivity {
  readonly change: string;
  readonly usdPerViewerHour: number;
  /** Against the estimate, 0.1 is ten per cent more. */
  readonly relative: number;
}

/** What the price of a viewer-hour hangs on: each assumption moved alone. */
export function sensitivity(config: Config, profile: AudienceProfile): Sensitivity[] {
  const base = estimate(config, profile).usdPerViewerHour;
  const changes: readonly [string, Partial<AudienceProfile>][] = [
    ['bitrate 25 % lower', { bitrateKbps: profile.bitrateKbps * 0.75 }],
    ['bitrate 25 % higher', { bitrateKbps: profile.bitrateKbps * 1.25 }],
    ['half the hours', { hours: profile.hours / 2 }],
    ['twice the hours', { hours: profile.hours * 2 }],
    ['no viewer on WebRTC', { webrtcShare: 0 }],
    ['twice the share on WebRTC', { webrtcShare: Math.min(1, profile.webrtcShare * 2) }],
    ['all viewers in the US', { geography: { us: 1 } }],
    ['all viewers in Asia-Pacific', { geography: { apac: 1 } }],
  ];
  return changes.map(([change, part]) => {
    const { usdPerViewerHour } = estimate(config, { ...profile, ...part });
    return { change, usdPerViewerHour, relative: usdPerViewerHour / base - 1 };
  });
}
