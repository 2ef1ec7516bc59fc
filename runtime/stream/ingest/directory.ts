import { type RegionName, regions } from '../../shared/regions';

export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

export interface RegionStanding {
  readonly region: RegionName;
  readonly healthy: boolean;
}

export interface RankedRegion extends RegionStanding {
  readonly distanceKm: number | null;
}

const earthRadiusKm = 6_371;
const radians = (degrees: number) => (degrees * Math.PI) / 180;

/** Great-circle distance by the haversine formula. */
export function distanceKm(from: Place, to: Place): number {
  const dLatitude = radians(to.latitude - from.latitude);
  const dLongitude = radians(to.longitude - from.longitude);
  const a =
    Math.sin(dLatitude / 2) ** 2 +
    Math.cos(radians(from.latitude)) * Math.cos(radians(to.latitude)) * Math.sin(dLongitude / 2) ** 2;
  return 2 * earthRadiusKm * Math.asin(Math.min(1, Math.sqrt(a)));
}

/** Healthy regions first, nearest first; in the fleet's own order, home first, when the caller's place is unknown. */
export function rankRegions(standings: readonly RegionStanding[], caller: Place | undefined): readonly RankedRegion[] {
  const ranked = standings.map((standing) => ({
    ...standing,
    distanceKm: caller ? Math.round(distanceKm(caller, regions[standing.region])) : null,
  }));
  return ranked.sort(
    (one, other) => Number(other.healthy) - Number(one.healthy) || (one.distanceKm ?? 0) - (other.distanceKm ?? 0),
  );
}

/** Where CloudFront says the caller is. Only a hint: whoever makes it up picks a worse region for himself. */
export function placeFromHeaders(headers: Readonly<Record<string, unknown>>): Place | undefined {
  const latitude = coordinate(headers['cloudfront-viewer-latitude'], 90);
  const longitude = coordinate(headers['cloudfront-viewer-longitude'], 180);
  return latitude === undefined || longitude === undefined ? undefined : { latitude, longitude };
}

function coordinate(text: unknown, limit: number): number | undefined {
  if (typeof text !== 'string' || !/^-?\d{1,3}(\.\d+)?$/.test(text)) return undefined;
  const degrees = Number(text);
  return Math.abs(degrees) <= limit ? degrees : undefined;
}
