import type { RegionName } from '../runtime/shared/regions';

/**
 * Everything the charts take from outside. Plain strings, numbers and booleans: charts know nothing of CDK. A string
 * may be an unresolved CDK token wherever the comment says *token*; the charts then put it, untransformed, into one
 * field. Everything else must be literal text.
 */
export type PlatformInputs = HomeInputs | IngestInputs;

/** The first region of the fleet: everything runs here. */
export interface HomeInputs extends CellInputs {
  readonly role: 'home';
  readonly images: Readonly<Record<HomeImage | CellImage, string>>;
  readonly secrets: Readonly<Record<HomeSecret | CellSecret, string> & Partial<Record<OptionalSecret, string>>>;
  readonly targetGroups: CellTargetGroups & HomeTargetGroups;
  readonly postgres: PostgresInputs;
  readonly mongo: MongoInputs;
  readonly mail: MailInputs;
  /** Whether the CDN lets only signed requests through to private streams. */
  readonly signedPlayback: boolean;
  /** Whether the media is behind CloudFront, which takedowns are purged from. */
  readonly mediaOnCloudFront: boolean;
}

/** Any other region: takes broadcasts in and packages them, asks home for the rest. */
export interface IngestInputs extends CellInputs {
  readonly role: 'ingest';
  readonly images: Readonly<Record<CellImage, string>>;
  readonly secrets: Readonly<Record<CellSecret, string> & Partial<Record<OptionalSecret, string>>>;
  readonly targetGroups: CellTargetGroups;
}

export interface CellInputs {
  readonly region: RegionName;
  /** Every region of the fleet, home first. */
  readonly fleet: readonly FleetRegion[];
  readonly hosts: Hosts;
  readonly redis: RedisInputs;
  readonly storage: StorageInputs;
  readonly network: NetworkInputs;
  readonly certificates: CertificateInputs;
  readonly karpenter: KarpenterInputs;
  readonly figures: TierFigures;
}

/** Images this repository builds, by name of the service; the reference is a *token* (repository and digest). */
export type HomeImage = 'auth' | 'stream' | 'chat' | 'analytics' | 'web' | 'bootstrap';
/** `livekit` is the upstream image, mirrored and pinned by digest. */
export type CellImage = 'ingest' | 'packager' | 'livekit';

/**
 * Names of secrets in AWS Secrets Manager; the External Secrets Operator reads them by name. A name may be a *token*.
 * What each one holds is in `secrets.ts`.
 */
export type CellSecret =
  | 'redisApplication'
  | 'redisLivekit'
  | 'livekitKeys'
  | 'serviceJwks'
  | 'serviceKeyIngest'
  | 'serviceKeyPackager';
/** There where `storage.hlsEndpoint` is. */
export type OptionalSecret = 'hlsStorage';
export type HomeSecret =
  | 'postgresAdmin'
  | 'postgresAuth'
  | 'postgresStream'
  | 'mongoAdmin'
  | 'mongoChat'
  | 'mongoAnalytics'
  | 'authSigningKeys'
  | 'authRefreshKeys'
  | 'smtp'
  | 'mediaSigningKey'
  | 'streamSecretsKey'
  | 'firstAdmin'
  | 'serviceKeyAuth'
  | 'serviceKeyStream'
  | 'serviceKeyChat'
  | 'serviceKeyAnalytics';

/** Host names without scheme or port; the names that `lib/config/names.ts` makes. */
export interface Hosts {
  /** Pages and API, behind the CDN. */
  readonly app: string;
  /** HLS. */
  readonly media: string;
}

export interface FleetRegion {
  readonly region: RegionName;
  /** RTMPS and WHIP. */
  readonly ingestHost: string;
  /** LiveKit signalling. */
  readonly rtcHost: string;
  /** TURN over TLS. */
  readonly turnHost: string;
  /** Buckets of the region: home deletes there what is taken down. May hold *tokens*. */
  readonly hlsBucket: string;
  readonly recordingsBucket: string;
}

export interface MailInputs {
  /** `smtps://host:port` of the mail server, e.g. Amazon SES in the home region. */
  readonly smtpUrl: string;
  readonly from: string;
}

export interface PostgresInputs {
  /** `host:port`, *token*. */
  readonly writer: string;
  /** `host:port,host:port`, one entry per read replica, *token*; empty without replicas. */
  readonly readers: string;
}

export interface MongoInputs {
  /** Connection string without credentials, *token*. */
  readonly url: string;
  /** Whether the server's certificate is signed by Amazon's database CA (DocumentDB) or by a public one (Atlas). */
  readonly certificateAuthority: 'amazon-rds' | 'public';
  /** Port, for the network policies. */
  readonly port: number;
}

export interface RedisInputs {
  readonly application: {
    /** `rediss://host:port`, *token*. */
    readonly url: string;
  };
  readonly livekit: {
    /** `host:port`, *token*. */
    readonly address: string;
  };
}

export interface StorageInputs {
  /** *Token* or deterministic name. */
  readonly hlsBucket: string;
  readonly recordingsBucket: string;
  /** S3 API of live media when that is not AWS (Cloudflare R2). */
  readonly hlsEndpoint?: string;
}

export interface NetworkInputs {
  /** IPv4 range of the VPC: load balancers, nodes and data servers. */
  readonly vpcCidr: string;
}

export interface CertificateInputs {
  /** Where Let's Encrypt writes about certificates that it could not renew. */
  readonly email?: string;
  /** Route 53 zone for the DNS-01 challenge. */
  readonly hostedZoneId: string;
}

/**
 * ARNs of target groups made by CDK (IP targets), each bound to a Service by a TargetGroupBinding; *tokens*. What the
 * pods then believe about the client's address depends on the attributes named here.
 */
export interface CellTargetGroups {
  /**
   * Public load balancer, TCP 443, client address preserved: WHIP and LiveKit signalling. Bound to the chat controller
   * where the tier has one.
   */
  readonly publicHttps: string;
  /** Public load balancer, TLS ended there, PROXY protocol v2: RTMP. */
  readonly rtmp: string;
  /** Public load balancer, TLS ended there: TURN. */
  readonly turn: string;
}

export interface HomeTargetGroups {
  /** Internal load balancer, 443: pages and API. */
  readonly web: string;
  /** Internal load balancer, 8443: chat, where the tier gives it a controller of its own. */
  readonly chat?: string;
}

/** Read where the tier runs Karpenter. */
export interface KarpenterInputs {
  readonly clusterName: string;
  /** Name of the nodes' IAM role, *token*. */
  readonly nodeRole: string;
  readonly arch: 'arm64' | 'amd64';
}

/** What the charts need of the tier table; a `Tier` of `lib/config` is one. */
export interface TierFigures {
  readonly name: string;
  readonly audience: { readonly webrtcViewersPerRegion: number };
  readonly autoscaling: { readonly cpuTargetPercent: number };
  readonly auth: PodFigures;
  readonly stream: PodFigures;
  readonly chat: PodFigures & {
    /** A StatefulSet whose pods are shards with a path each, instead of a Deployment. */
    readonly sharded: boolean;
  };
  readonly analytics: PodFigures;
  readonly web: PodFigures;
  readonly ingest: PodFigures;
  readonly packager: PodFigures & {
    /** Idle packagers kept ready, one broadcast each. */
    readonly headroom: number;
  };
  readonly livekit: PodSize & { readonly replicas: number };
  readonly ingress: {
    /** Chat and signalling behind a controller of their own, so that other services' reloads cut no WebSocket. */
    readonly separateChatController: boolean;
  };
  readonly karpenter: {
    readonly enabled: boolean;
    /** Upper bounds of what it may start. */
    readonly appVcpus: number;
    readonly workerVcpus: number;
  };
}

export interface PodSize {
  /** Requested CPU, thousandths of a vCPU. */
  readonly cpuMillis: number;
  /** Requested memory and its limit, MiB. */
  readonly memoryMiB: number;
}

/** Size and number of a workload's pods; it has an autoscaler where the maximum is above the minimum. */
export interface PodFigures extends PodSize {
  readonly minReplicas: number;
  readonly maxReplicas: number;
}

/** A ServiceAccount that AWS calls are made with: bind a Pod Identity role to it. */
export interface WorkloadIdentity {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly workload: string;
}

/** Labels and taints that node groups and NodePools put on their nodes and pods select by. */
export const nodeContract = {
  /** Label key and taint key; value is a {@link NodePool}. `system` and `app` nodes carry the label only. */
  pool: 'workload',
  /** Label key; value `spot` or `on-demand`. */
  capacity: 'capacity',
  taintedPools: ['media', 'worker'],
} as const;

export type NodePool = 'system' | 'app' | 'media' | 'worker';
