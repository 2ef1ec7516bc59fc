/** AWS regions Headend knows. A region is added here and nowhere else. */
export interface Region {
  readonly displayName: string;
  /** Explicit, so that synthesis needs no lookup. */
  readonly availabilityZones: readonly [string, string, string];
  /** CloudFront Origin Shield region: the region itself where offered, else AWS's own fallback. */
  readonly shieldRegion: string;
  /** Degrees, for the ingest directory's distance. */
  readonly latitude: number;
  readonly longitude: number;
}

const zones = (region: string, letters: [string, string, string]): [string, string, string] => [
  `${region}${letters[0]}`,
  `${region}${letters[1]}`,
  `${region}${letters[2]}`,
];

/**
 * Shield regions and the fallback map: Amazon CloudFront Developer Guide, "Using Amazon CloudFront Origin Shield".
 * Coordinates: the metropolitan area AWS names for the region.
 */
export const regions = {
  'us-east-1': {
    displayName: 'US East (N. Virginia)',
    availabilityZones: zones('us-east-1', ['a', 'b', 'c']),
    shieldRegion: 'us-east-1',
    latitude: 38.95,
    longitude: -77.45,
  },
  'us-west-2': {
    displayName: 'US West (Oregon)',
    availabilityZones: zones('us-west-2', ['a', 'b', 'c']),
    shieldRegion: 'us-west-2',
    latitude: 45.84,
    longitude: -119.7,
  },
  'eu-west-1': {
    displayName: 'Europe (Ireland)',
    availabilityZones: zones('eu-west-1', ['a', 'b', 'c']),
    shieldRegion: 'eu-west-1',
    latitude: 53.35,
    longitude: -6.26,
  },
  'eu-central-1': {
    displayName: 'Europe (Frankfurt)',
    availabilityZones: zones('eu-central-1', ['a', 'b', 'c']),
    shieldRegion: 'eu-central-1',
    latitude: 50.11,
    longitude: 8.68,
  },
  'eu-north-1': {
    displayName: 'Europe (Stockholm)',
    availabilityZones: zones('eu-north-1', ['a', 'b', 'c']),
    shieldRegion: 'eu-west-2',
    latitude: 59.33,
    longitude: 18.07,
  },
  'ap-southeast-1': {
    displayName: 'Asia Pacific (Singapore)',
    availabilityZones: zones('ap-southeast-1', ['a', 'b', 'c']),
    shieldRegion: 'ap-southeast-1',
    latitude: 1.35,
    longitude: 103.82,
  },
  'ap-southeast-2': {
    displayName: 'Asia Pacific (Sydney)',
    availabilityZones: zones('ap-southeast-2', ['a', 'b', 'c']),
    shieldRegion: 'ap-southeast-2',
    latitude: -33.87,
    longitude: 151.21,
  },
  'ap-northeast-1': {
    displayName: 'Asia Pacific (Tokyo)',
    availabilityZones: zones('ap-northeast-1', ['a', 'c', 'd']),
    shieldRegion: 'ap-northeast-1',
    latitude: 35.68,
    longitude: 139.69,
  },
  'ap-south-1': {
    displayName: 'Asia Pacific (Mumbai)',
    availabilityZones: zones('ap-south-1', ['a', 'b', 'c']),
    shieldRegion: 'ap-south-1',
    latitude: 19.08,
    longitude: 72.88,
  },
  'sa-east-1': {
    displayName: 'South America (São Paulo)',
    availabilityZones: zones('sa-east-1', ['a', 'b', 'c']),
    shieldRegion: 'sa-east-1',
    latitude: -23.55,
    longitude: -46.63,
  },
} as const satisfies Record<string, Region>;

export type RegionName = keyof typeof regions;

export const regionNames = Object.keys(regions) as RegionName[];

export function isRegionName(name: string): name is RegionName {
  return Object.hasOwn(regions, name);
}
