import type { Geography } from '../../runtime/shared/prices';
import { requestsPerViewerSecond } from '../capacity/delivery';
import type { Config } from '../config/config';

/** What a month brings, as the cost model reads it. */
export interface AudienceProfile {
  /** Average number of viewers while the platform is watched. */
  readonly viewers: number;
  /** Hours in the month it is watched. */
  readonly hours: number;
  readonly bitrateKbps: number;
  /** Share of viewers on WebRTC, 0 to 1. */
  readonly webrtcShare: number;
  /** Broadcasts on air during those hours. */
  readonly broadcasts: number;
  /** Where viewers are; shares that sum to 1. */
  readonly geography: Readonly<Partial<Record<Geography, number>>>;
}

/** A month at the tier's full audience for thirty hours: one event a day. */
export function typicalMonth({ tier, fleet }: Config): AudienceProfile {
  const { viewers, broadcasts, averageBitrateKbps, webrtcViewersPerRegion } = tier.audience;
  return {
    viewers,
    hours: 30,
    bitrateKbps: averageBitrateKbps,
    webrtcShare: Math.min((webrtcViewersPerRegion * fleet.length) / viewers, 0.05),
    broadcasts,
    geography: geographyOf(fleet),
  };
}

/** Viewers are where the fleet is: equal shares of the geographies its regions stand in. */
function geographyOf(fleet: Config['fleet']): AudienceProfile['geography'] {
  const places = [...new Set(fleet.map(geographyOfRegion))];
  return Object.fromEntries(places.map((place) => [place, 1 / places.length]));
}

function geographyOfRegion(region: string): Geography {
  if (region.startsWith('eu-')) return 'eu';
  if (region === 'ap-northeast-1') return 'japan';
  return region.startsWith('ap-') ? 'apac' : 'us';
}

export interface MonthlyVolume {
  readonly viewerHours: number;
  readonly hlsViewerHours: number;
  readonly hlsGigabytes: number;
  readonly hlsRequests: number;
  readonly webrtcGigabytes: number;
  readonly broadcastHours: number;
}

/** Gigabytes of one viewer-hour. */
export const gigabytesPerViewerHour = (bitrateKbps: number): number => (bitrateKbps * 3_600) / 8 / 1_000_000;

export function monthlyVolume({
  viewers,
  hours,
  bitrateKbps,
  webrtcShare,
  broadcasts,
}: AudienceProfile): MonthlyVolume {
  const viewerHours = viewers * hours;
  const hlsViewerHours = viewerHours * (1 - webrtcShare);
  const perHour = gigabytesPerViewerHour(bitrateKbps);
  return {
    viewerHours,
    hlsViewerHours,
    hlsGigabytes: hlsViewerHours * perHour,
    hlsRequests: hlsViewerHours * requestsPerViewerSecond * 3_600,
    webrtcGigabytes: (viewerHours - hlsViewerHours) * perHour,
    broadcastHours: broadcasts * hours,
  };
}
