import type { RegionName } from '../../runtime/shared/regions';
import type { Config } from './config';

/**
 * Names that two stacks or two regions must agree on. They are computed, never exported and imported: the edge finds
 * the buckets of every region by name.
 */

const bucketRoles = ['hls', 'recordings'] as const;
export type BucketRole = (typeof bucketRoles)[number];

/** Amazon S3 User Guide, "General purpose bucket naming rules". */
export const maxBucketNameLength = 63;

type Deployment = Pick<Config, 'name' | 'environment'>;

/** Bucket names are global, so the account is in them; pass the account token inside a stack. */
export function bucketName(
  { name, environment }: Deployment,
  role: BucketRole,
  account: string,
  region: string,
): string {
  return `${name}-${environment}-${role}-${account}-${region}`;
}

export function longestBucketName(name: string, environment: Config['environment'], region: RegionName): string {
  const names = bucketRoles.map((role) => bucketName({ name, environment }, role, '123456789012', region));
  return names.reduce((longest, each) => (each.length > longest.length ? each : longest));
}

/** The R2 bucket of live media with `cdn=cloudflare`; its name is local to the Cloudflare account. */
export function r2BucketName(deployment: Deployment): string {
  return `${systemName(deployment)}-hls`;
}

/** First part of every stack name and of every other physical name. */
export function systemName({ name, environment }: Deployment): string {
  return `${name}-${environment}`;
}

/** Public host names of a deployment. */
export function hosts(domain: string) {
  return {
    /** Pages and API. */
    app: domain,
    /** HLS. */
    media: `media.${domain}`,
    /** RTMPS and WHIP of one region. */
    ingest: (region: RegionName) => `ingest.${region}.${domain}`,
    /** LiveKit signalling of one region. */
    rtc: (region: RegionName) => `rtc.${region}.${domain}`,
    /** TURN over TLS of one region. */
    turn: (region: RegionName) => `turn.${region}.${domain}`,
  } as const;
}
