import type { RegionName } from '../../runtime/shared/regions';
import type { Architecture } from './instance-types';
import type { Tier } from './tiers';

export type Environment = 'dev' | 'staging' | 'prod';

/** The public domain. A placeholder may be synthesized, never deployed. */
export interface Domain {
  readonly name: string;
  readonly hostedZoneId: string;
  readonly isPlaceholder: boolean;
}

export interface CloudflareDelivery {
  readonly cdn: 'cloudflare';
  readonly zoneId: string;
  readonly accountId: string;
  readonly tokenSecret: string;
  /** Access key of R2, which is the origin: video from S3 through Cloudflare breaks its terms of service. */
  readonly r2CredentialsSecret: string;
}

/** Who delivers HLS. */
export type Delivery = { readonly cdn: 'cloudfront' } | CloudflareDelivery;

export type DocumentStoreChoice =
  | { readonly kind: 'documentdb' }
  | { readonly kind: 'atlas'; readonly organizationId: string; readonly profile: string }
  | { readonly kind: 'external'; readonly url: string; readonly secretName: string };

/** What stands between a mistake and lost data. */
export interface Protection {
  /** Databases and clusters refuse deletion until it is turned off. */
  readonly deletionProtection: boolean;
  /** Data stacks refuse deletion until it is turned off. */
  readonly terminationProtection: boolean;
  /** Whether data outlives its stack: snapshots of databases, buckets kept. */
  readonly retainData: boolean;
}

/** Everything a deployment is made from. Frozen; made by `parseConfig` only. */
export interface Config {
  /** First part of stack and bucket names. */
  readonly name: string;
  readonly environment: Environment;
  readonly tier: Tier;
  readonly architecture: Architecture;
  /** First region is home. */
  readonly fleet: readonly RegionName[];
  readonly home: RegionName;
  /** The region this command is about. */
  readonly region: RegionName;
  readonly domain: Domain;
  readonly delivery: Delivery;
  readonly documentStore: DocumentStoreChoice;
  /** Two public keys (base64 DER) that sign cookies of private streams; absent when all streams are public. */
  readonly playbackKeys?: readonly [string, string];
  readonly alarmEmail?: string;
  readonly vpcCidrs: Readonly<Partial<Record<RegionName, string>>>;
  readonly adminRoleArns: readonly string[];
  /** Empty: the Kubernetes API is private. */
  readonly endpointCidrs: readonly string[];
  readonly protection: Protection;
  /** Choices made for the operator, said at synth. */
  readonly notices: readonly string[];
}
