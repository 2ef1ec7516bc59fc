import { Aws } from 'aws-cdk-lib';
import type { CellInputs, HomeInputs, HomeSecret, PlatformInputs, StorageInputs } from '../../k8s/inputs';
import type { RegionName } from '../../runtime/shared/regions';
import type { CloudflareDelivery, Config } from '../config/config';
import { bucketName, hosts, r2BucketName } from '../config/names';
import type { ClusterStack } from './cluster';
import type { DataStack, HomeData } from './data';
import type { MediaStorageStack } from './media-storage';
import type { NetworkStack } from './network';
import type { PlatformImages } from './platform-images';
import { givenName } from './secret-name';

export interface RegionParts {
  readonly config: Config;
  readonly region: RegionName;
  readonly network: NetworkStack;
  readonly cluster: ClusterStack;
  readonly data: DataStack;
  readonly storage: MediaStorageStack;
  readonly images: PlatformImages;
}

/** What the charts of a region take, as plain strings: names of secrets, never their values. */
export function platformInputs(parts: RegionParts): PlatformInputs {
  const { data, images, network } = parts;
  const cell = cellInputs(parts);
  const { home } = data;
  if (!home) return { ...cell, role: 'ingest', images: images.cell };
  const { internalLoadBalancers } = network;
  if (!internalLoadBalancers) throw new Error(`home region ${parts.region} has no internal load balancer`);
  return {
    ...cell,
    ...homeInputs(parts, home),
    role: 'home',
    images: { ...images.cell, ...images.home },
    secrets: { ...cell.secrets, ...homeSecrets(home) },
    targetGroups: {
      ...cell.targetGroups,
      web: internalLoadBalancers.web.targets.targetGroupArn,
      ...(internalLoadBalancers.chat && { chat: internalLoadBalancers.chat.targets.targetGroupArn }),
    },
  };
}

function cellInputs({ config, region, network, cluster, data, storage }: RegionParts) {
  const { domain, delivery, tier } = config;
  const names = hosts(domain.name);
  const { applicationCache, livekitCache, sharedSecrets } = data;
  const r2 = delivery.cdn === 'cloudflare' ? r2Storage(config, delivery) : undefined;
  const secrets: PlatformInputs['secrets'] = {
    redisApplication: givenName(applicationCache.secret),
    redisLivekit: givenName(livekitCache.secret),
    livekitKeys: givenName(sharedSecrets.livekitKeys),
    serviceJwks: givenName(sharedSecrets.serviceJwks),
    serviceKeyIngest: givenName(sharedSecrets.serviceKeyIngest),
    serviceKeyPackager: givenName(sharedSecrets.serviceKeyPackager),
    ...(data.hlsStorageKey && { hlsStorage: givenName(data.hlsStorageKey) }),
  };
  return {
    region,
    fleet: config.fleet.map((each) => ({
      region: each,
      ingestHost: names.ingest(each),
      rtcHost: names.rtc(each),
      turnHost: names.turn(each),
      hlsBucket: r2?.hlsBucket ?? bucketName(config, 'hls', Aws.ACCOUNT_ID, each),
      recordingsBucket: bucketName(config, 'recordings', Aws.ACCOUNT_ID, each),
    })),
    hosts: { app: names.app, media: names.media },
    redis: {
      application: { url: `rediss://${applicationCache.host}:${applicationCache.port}` },
      livekit: { address: `${livekitCache.host}:${livekitCache.port}` },
    },
    storage: {
      hlsBucket: storage.hls.bucketName,
      recordingsBucket: storage.recordings.bucketName,
      ...r2,
    },
    network: { vpcCidr: config.vpcCidrs[region] ?? '' },
    certificates: {
      hostedZoneId: domain.hostedZoneId,
      ...(config.alarmEmail && { email: config.alarmEmail }),
    },
    karpenter: {
      clusterName: cluster.clusterName,
      nodeRole: cluster.nodeRole.roleName,
      arch: config.architecture === 'arm64' ? 'arm64' : 'amd64',
    },
    figures: tier,
    secrets,
    targetGroups: {
      publicHttps: network.publicLoadBalancer.https.targetGroupArn,
      rtmp: network.publicLoadBalancer.rtmp.targetGroupArn,
      turn: network.publicLoadBalancer.turn.targetGroupArn,
    },
  } as const satisfies CellInputs & Pick<PlatformInputs, 'secrets' | 'targetGroups'>;
}

/** One bucket for the whole fleet: the keys of its objects begin with the region. */
function r2Storage(
  config: Config,
  { accountId }: CloudflareDelivery,
): Pick<StorageInputs, 'hlsBucket' | 'hlsEndpoint'> {
  return { hlsBucket: r2BucketName(config), hlsEndpoint: `https://${accountId}.r2.cloudflarestorage.com` };
}

function homeInputs({ config, region }: RegionParts, { postgres, documentStore }: HomeData) {
  return {
    postgres: { writer: postgres.writer, readers: postgres.readers.join(',') },
    mongo: {
      url: documentStore.url,
      certificateAuthority: documentStore.certificateAuthority,
      port: documentStore.port,
    },
    mail: {
      smtpUrl: `smtps://email-smtp.${region}.amazonaws.com:465`,
      from: `no-reply@${config.domain.name}`,
    },
    signedPlayback: config.playbackKeys !== undefined,
    mediaOnCloudFront: config.delivery.cdn === 'cloudfront',
  } satisfies Pick<HomeInputs, 'postgres' | 'mongo' | 'mail' | 'signedPlayback' | 'mediaOnCloudFront'>;
}

function homeSecrets({ postgres, documentStore, secrets }: HomeData): Record<HomeSecret, string> {
  return {
    postgresAdmin: givenName(postgres.adminSecret),
    postgresAuth: givenName(postgres.roleSecret('auth')),
    postgresStream: givenName(postgres.roleSecret('stream')),
    mongoAdmin: givenName(documentStore.adminSecret),
    mongoChat: givenName(secrets.mongoChat),
    mongoAnalytics: givenName(secrets.mongoAnalytics),
    authSigningKeys: givenName(secrets.authSigningKeys),
    authRefreshKeys: givenName(secrets.authRefreshKeys),
    smtp: givenName(secrets.smtp),
    mediaSigningKey: givenName(secrets.mediaSigningKey),
    streamSecretsKey: givenName(secrets.streamSecretsKey),
    firstAdmin: givenName(secrets.firstAdmin),
    serviceKeyAuth: givenName(secrets.serviceKeyAuth),
    serviceKeyStream: givenName(secrets.serviceKeyStream),
    serviceKeyChat: givenName(secrets.serviceKeyChat),
    serviceKeyAnalytics: givenName(secrets.serviceKeyAnalytics),
  };
}
