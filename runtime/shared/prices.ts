/**
 * List prices in USD, us-east-1 unless a name says otherwise, before discounts and free tiers. Each carries where it is
 * from and when it was read; `estimate` marks one that was derived or recalled, not read from a list.
 */
export interface Price {
  readonly usd: number;
  readonly per: string;
  readonly source: string;
  /** When it was read, as year and month. */
  readonly asOf: string;
  readonly confidence: 'list' | 'estimate';
}

const listed = (usd: number, per: string, source: string, asOf: string): Price => ({
  usd,
  per,
  source,
  asOf,
  confidence: 'list',
});
const estimated = (usd: number, per: string, source: string, asOf = '2026-11'): Price => ({
  usd,
  per,
  source,
  asOf,
  confidence: 'estimate',
});

const ec2Table = 'Amazon EC2 On-Demand prices as in the price table of the Karpenter project';
const ec2 = (usd: number) => listed(usd, 'hour', ec2Table, '2026-07');
const bySize = (usd: number) => estimated(usd, 'hour', 'EC2 prices double with each size of a family', '2026-07');

export const ec2Prices: Readonly<Record<string, Price>> = {
  'm7g.large': ec2(0.0816),
  'm7g.xlarge': ec2(0.1632),
  'm7g.2xlarge': bySize(0.3264),
  'c7g.2xlarge': ec2(0.29),
  'c7g.4xlarge': ec2(0.58),
  'c7g.8xlarge': bySize(1.16),
  'm7i.large': bySize(0.1008),
  'm7i.xlarge': ec2(0.2016),
  'm7i.2xlarge': bySize(0.4032),
  'c7i.2xlarge': ec2(0.357),
  'c7i.4xlarge': ec2(0.714),
  'c7i.8xlarge': bySize(1.428),
};

/** Spot as a share of On-Demand for compute families one to three years old. */
export const spotShare = estimated(0.38, 'share of On-Demand', 'published Spot comparisons, 55-70 % off');

const rds = (usd: number) => listed(usd, 'hour', 'Amazon RDS for PostgreSQL pricing, Single-AZ', '2026-06');
export const databasePrices: Readonly<Record<string, Price>> = {
  'db.t4g.medium': rds(0.065),
  'db.r7g.large': estimated(0.239, 'hour', 'half of db.r8g.xlarge, Amazon RDS pricing', '2026-06'),
  'db.r7g.2xlarge': estimated(0.956, 'hour', 'twice db.r8g.xlarge, Amazon RDS pricing', '2026-06'),
};

const documentDb = 'Amazon DocumentDB pricing';
export const documentDbPrices: Readonly<Record<string, Price>> = {
  'db.t4g.medium': listed(0.078, 'hour', documentDb, '2025-07'),
  'db.r6g.large': estimated(0.264, 'hour', documentDb),
  'db.r6g.2xlarge': estimated(1.056, 'hour', documentDb),
};

const elastiCache = (usd: number) => listed(usd, 'hour', 'Amazon ElastiCache pricing, Redis OSS nodes', '2026-06');
export const cachePrices: Readonly<Record<string, Price>> = {
  'cache.t4g.small': elastiCache(0.032),
  'cache.m7g.large': elastiCache(0.158),
  'cache.r7g.large': elastiCache(0.219),
};

const aws = (usd: number, per: string, service: string, asOf: string) => listed(usd, per, `${service} pricing`, asOf);

export const prices = {
  eksControlPlane: aws(0.1, 'hour', 'Amazon EKS', '2025-07'),
  natGateway: aws(0.045, 'hour', 'Amazon VPC', '2024-07'),
  natGigabyte: aws(0.045, 'GB', 'Amazon VPC', '2024-07'),
  interfaceEndpoint: aws(0.01, 'hour and AZ', 'AWS PrivateLink', '2024-07'),
  publicIpv4: aws(0.005, 'hour', 'Amazon VPC', '2024-07'),
  networkLoadBalancer: aws(0.0225, 'hour', 'Elastic Load Balancing', '2024-07'),
  networkLoadBalancerUnit: aws(0.006, 'NLCU-hour', 'Elastic Load Balancing', '2024-07'),
  databaseStorage: aws(0.115, 'GB-month, Single-AZ', 'Amazon RDS', '2026-06'),
  documentDbStorage: aws(0.1, 'GB-month', 'Amazon DocumentDB', '2025-07'),
  nodeStorage: estimated(0.08, 'GB-month', 'Amazon EBS gp3 pricing'),
  s3Standard: aws(0.023, 'GB-month', 'Amazon S3', '2025-07'),
  s3DeepArchive: aws(0.00099, 'GB-month', 'Amazon S3', '2025-07'),
  s3Put: aws(0.005 / 1_000, 'request', 'Amazon S3', '2025-07'),
  s3Get: aws(0.0004 / 1_000, 'request', 'Amazon S3', '2025-07'),
  s3RestoreStandard: aws(0.02, 'GB', 'Amazon S3', '2025-07'),
  s3RestoreBulk: aws(0.0025, 'GB', 'Amazon S3', '2025-07'),
  originShield: estimated(0.0075 / 10_000, 'request', 'Amazon CloudFront pricing, US'),
  webAcl: aws(5, 'month', 'AWS WAF', '2025-07'),
  webAclRule: aws(1, 'month', 'AWS WAF', '2025-07'),
  webAclRequest: aws(0.6 / 1_000_000, 'request', 'AWS WAF', '2025-07'),
  logIngestion: aws(0.5, 'GB', 'Amazon CloudWatch', '2025-07'),
  alarm: aws(0.1, 'month', 'Amazon CloudWatch', '2025-07'),
  customMetric: aws(0.3, 'month', 'Amazon CloudWatch', '2025-07'),
  kmsKey: aws(1, 'month', 'AWS KMS', '2025-07'),
  secret: aws(0.4, 'month', 'AWS Secrets Manager', '2025-07'),
  hostedZone: aws(0.5, 'month', 'Amazon Route 53', '2025-07'),
  r2Storage: listed(0.015, 'GB-month', 'Cloudflare R2 pricing', '2026-07'),
  r2Write: listed(4.5 / 1_000_000, 'request', 'Cloudflare R2 pricing', '2026-07'),
  r2Read: listed(0.36 / 1_000_000, 'request', 'Cloudflare R2 pricing', '2026-07'),
} as const satisfies Record<string, Price>;

/** Where viewers are, as CloudFront bills it. */
export const geographies = ['us', 'eu', 'japan', 'apac'] as const;
export type Geography = (typeof geographies)[number];

/** A price that falls with the month's volume: each step's price holds for its own terabytes. */
export interface VolumeStep {
  readonly upToTerabytes: number;
  readonly usdPerGigabyte: number;
}

/** CloudFront's published steps end at these monthly volumes. */
const cloudFrontStepEnds = [10, 50, 150, 500, 1_024, 5_120, Number.POSITIVE_INFINITY];
const cloudFrontSteps = (...usdPerGigabyte: number[]): readonly VolumeStep[] =>
  cloudFrontStepEnds.map((upToTerabytes, index) => ({
    upToTerabytes,
    usdPerGigabyte: usdPerGigabyte[index] ?? Number.NaN,
  }));

/** Amazon CloudFront pricing page, read 2026-07: data transfer out to the internet, each geography with its own steps. */
export const cloudFrontTransfer: Readonly<Record<Geography, readonly VolumeStep[]>> = {
  us: cloudFrontSteps(0.085, 0.08, 0.06, 0.04, 0.03, 0.025, 0.02),
  eu: cloudFrontSteps(0.085, 0.08, 0.06, 0.04, 0.03, 0.025, 0.02),
  japan: cloudFrontSteps(0.114, 0.089, 0.086, 0.084, 0.08, 0.07, 0.06),
  apac: cloudFrontSteps(0.12, 0.1, 0.095, 0.09, 0.08, 0.07, 0.06),
};

/** HTTPS requests, USD each. Amazon CloudFront pricing page, read 2026-07. */
export const cloudFrontRequest: Readonly<Record<Geography, number>> = {
  us: 0.01 / 10_000,
  eu: 0.012 / 10_000,
  japan: 0.012 / 10_000,
  apac: 0.012 / 10_000,
};

/** EC2 to the internet from us-east-1: WebRTC is sent by the nodes themselves. Amazon EC2 pricing page, read 2024-09. */
export const internetTransfer: readonly VolumeStep[] = [
  { upToTerabytes: 10, usdPerGigabyte: 0.09 },
  { upToTerabytes: 50, usdPerGigabyte: 0.085 },
  { upToTerabytes: 150, usdPerGigabyte: 0.07 },
  { upToTerabytes: Number.POSITIVE_INFINITY, usdPerGigabyte: 0.05 },
];

/** CloudFront's flat-rate plan that fits live video best. Amazon CloudFront pricing plans, read 2025-11. */
export const flatRateBusiness = { usdPerMonth: 200, terabytes: 50, requests: 125_000_000 } as const;

/** What others charge for an hour of one viewer at about 3 Mbit/s. For comparison only. */
export const managedPeers = [
  { name: 'Cloudflare Stream', usdPerViewerHour: 0.06, source: 'Cloudflare Stream pricing', asOf: '2026-07' },
  {
    name: 'Amazon IVS, HD output, first step',
    usdPerViewerHour: 0.075,
    source: 'recalled list price',
    asOf: '2026-11',
  },
  { name: 'Mux, 1080p', usdPerViewerHour: 0.072, source: 'published per-minute range', asOf: '2026-11' },
] as const;

/** Compute, databases and caches against us-east-1, to a few per cent. */
export const regionFactor: Readonly<Record<string, number>> = {
  'us-east-1': 1,
  'us-west-2': 1,
  'eu-west-1': 1.1,
  'eu-central-1': 1.17,
  'eu-north-1': 1.05,
  'ap-southeast-1': 1.2,
  'ap-southeast-2': 1.25,
  'ap-northeast-1': 1.24,
  'ap-south-1': 1.05,
  'sa-east-1': 1.6,
};
