import { type RegionName, regions } from '../runtime/shared/regions';
import type { CellSecret, FleetRegion, HomeInputs, HomeSecret, PlatformInputs, TierFigures } from './inputs';
import { type SecretName, secrets } from './secrets';

/** What a deployment is about; everything else of the example follows. */
export interface ExampleOptions {
  readonly figures: TierFigures;
  readonly region: RegionName;
  /** Home first. */
  readonly fleet: readonly RegionName[];
  /** @default 'example.com' */
  readonly domain?: string;
}

const account = '111122223333';
const digest = `sha256:${'0'.repeat(64)}`;
const imageNames = [
  'auth',
  'stream',
  'chat',
  'analytics',
  'web',
  'bootstrap',
  'ingest',
  'packager',
  'livekit',
] as const;

/**
 * Inputs with literal values where a deployment has CDK tokens: for manifests that are read outside (validators, a
 * GitOps repository) and for tests. Account and digests are plainly invented.
 */
export function exampleInputs({ figures, region, fleet, domain = 'example.com' }: ExampleOptions): PlatformInputs {
  if (!fleet.includes(region)) throw new Error(`region ${region} is not in the fleet: ${fleet.join(', ')}`);
  const home: HomeInputs = {
    role: 'home',
    region,
    fleet: fleet.map((each) => fleetRegion(each, domain)),
    hosts: { app: domain, media: `media.${domain}` },
    images: byName(imageNames, (name) => image(name, region)),
    secrets: byName(
      (Object.keys(secrets) as SecretName[]).filter((name): name is CellSecret | HomeSecret => name !== 'hlsStorage'),
      (name) => `headend/prod/${secrets[name].name}`,
    ),
    redis: {
      application: { url: `rediss://clustercfg.headend-app.abc123.${shortName(region)}.cache.amazonaws.com:6379` },
      livekit: { address: `master.headend-livekit.abc123.${shortName(region)}.cache.amazonaws.com:6379` },
    },
    storage: bucketsOf(region),
    network: { vpcCidr: '10.0.0.0/16' },
    certificates: { email: `operations@${domain}`, hostedZoneId: 'Z0EXAMPLE' },
    karpenter: { clusterName: 'headend-prod', nodeRole: 'headend-prod-node', arch: 'arm64' },
    targetGroups: {
      publicHttps: targetGroup('public-https', region),
      rtmp: targetGroup('rtmp', region),
      turn: targetGroup('turn', region),
      web: targetGroup('web', region),
      chat: targetGroup('chat', region),
    },
    postgres: {
      writer: `headend.abc123.${region}.rds.amazonaws.com:5432`,
      readers: `headend-reader-1.abc123.${region}.rds.amazonaws.com:5432`,
    },
    mongo: {
      url: `mongodb://headend.cluster-abc123.${region}.docdb.amazonaws.com:27017/?tls=true&replicaSet=rs0&retryWrites=false`,
      certificateAuthority: 'amazon-rds',
      port: 27_017,
    },
    mail: { smtpUrl: `smtps://email-smtp.${region}.amazonaws.com:465`, from: `Headend <no-reply@${domain}>` },
    signedPlayback: true,
    mediaOnCloudFront: true,
    figures,
  };
  return region === fleet[0] ? home : { ...home, role: 'ingest' };
}

function fleetRegion(region: RegionName, domain: string): FleetRegion {
  const host = (name: string) => `${name}.${region}.${domain}`;
  return {
    region,
    ingestHost: host('ingest'),
    rtcHost: host('rtc'),
    turnHost: host('turn'),
    ...bucketsOf(region),
  };
}

function bucketsOf(region: RegionName) {
  return {
    hlsBucket: `headend-prod-hls-${account}-${region}`,
    recordingsBucket: `headend-prod-recordings-${account}-${region}`,
  };
}

function image(name: string, region: RegionName): string {
  return `${account}.dkr.ecr.${region}.amazonaws.com/headend/${name}@${digest}`;
}

function targetGroup(name: string, region: RegionName): string {
  return `arn:aws:elasticloadbalancing:${region}:${account}:targetgroup/headend-${name}/0123456789abcdef`;
}

/** `euw1` for `eu-west-1`, as ElastiCache's endpoints write it: the letters of a zone id. */
function shortName(region: RegionName): string {
  const [zone] = regions[region].availabilityZones;
  return zone.slice(0, -1).replace(/(\w+)-(\w)\w*-(\d)/, '$1$2$3');
}

function byName<Name extends string>(names: readonly Name[], value: (name: Name) => string): Record<Name, string> {
  return Object.fromEntries(names.map((name) => [name, value(name)])) as Record<Name, string>;
}
