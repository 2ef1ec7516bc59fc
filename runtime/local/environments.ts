import { join } from 'node:path';
import type { z } from 'zod';
import { parseEnvironment } from '../shared/environment';
import type { RegionName } from '../shared/regions';
import { type Backends, buckets } from './backends';
import { contracts, type LocalService, type PortPlan } from './port-plan';
import type { LocalSecrets } from './secrets';

export type Environment = Readonly<Record<string, string>>;

/** What a contract asks for, as strings: a variable that is missing or misspelt does not compile. */
type EnvironmentOf<S extends LocalService> = {
  readonly [K in keyof z.input<(typeof contracts)[S]['environment']>]: string;
};

export interface PlatformPlan {
  readonly region: RegionName;
  readonly ports: PortPlan;
  readonly backends: Backends;
  readonly secrets: LocalSecrets;
  readonly ffmpegFile: string;
  readonly pagesDirectory: string;
  readonly workDirectory: string;
}

/** Public addresses of a run. */
export function publicUrls(ports: PortPlan) {
  const host = `127.0.0.1:${ports.gateway}`;
  return {
    base: `http://${host}`,
    rtmp: `rtmp://127.0.0.1:${ports.rtmp}/live`,
    whip: `http://${host}/whip`,
    livekit: `ws://${host}`,
  };
}

/** Every service's whole environment, checked against its contract before anything is started. */
export function serviceEnvironments(plan: PlatformPlan): Readonly<Record<LocalService, Environment>> {
  const environments = compose(plan);
  for (const [name, contract] of Object.entries(contracts)) {
    parseEnvironment(name, contract.environment, environments[name as LocalService]);
  }
  return environments;
}

function compose(plan: PlatformPlan): Record<LocalService, Environment> {
  const { region, ports, backends, secrets, ffmpegFile, pagesDirectory, workDirectory } = plan;
  const urls = publicUrls(ports);
  const streamUrl = `http://127.0.0.1:${ports.stream}`;

  const base = (service: LocalService) => ({
    PORT: String(ports[service]),
    MANAGEMENT_PORT: String(ports[`${service}Management`]),
    BIND_ADDRESS: '127.0.0.1',
    REGION: region,
    ALLOWED_ORIGINS: urls.base,
    TRUSTED_PROXY_HOPS: '1',
    DRAIN_SECONDS: '1',
  });
  const token = {
    TOKEN_ISSUER: urls.base,
    JWKS_URL: `http://127.0.0.1:${ports.auth}/api/auth/jwks`,
    SERVICE_JWKS_FILE: secrets.serviceJwksFile,
  };
  const identity = (service: LocalService) => ({ SERVICE_KEY_FILE: secrets.serviceKeyFile(service) });
  const postgres = (owner: string) => ({
    PG_WRITER: backends.postgres.writer,
    PG_READERS: backends.postgres.readers.join(','),
    PG_DATABASE: owner,
    PG_CREDENTIALS_FILE: secrets.postgresLogin(owner).file,
  });
  const redis = {
    REDIS_URL: backends.redis.url,
    REDIS_CLUSTER: String(backends.redis.cluster),
    ...(backends.redis.credentials && {
      REDIS_CREDENTIALS_FILE: secrets.put('redis-credentials.json', backends.redis.credentials),
    }),
  };
  const mongo = (database: string) => ({
    MONGO_URL: backends.mongo.url,
    MONGO_DATABASE: database,
    ...(backends.mongo.credentials && {
      MONGO_CREDENTIALS_FILE: secrets.put('mongo-credentials.json', backends.mongo.credentials),
    }),
  });
  const storage = {
    HLS_BUCKET: buckets.hls,
    RECORDINGS_BUCKET: buckets.recordings,
    S3_ENDPOINT: backends.s3.endpoint,
  };
  // Not ours to declare: the AWS SDK's own chain reads them.
  const sdkCredentials = {
    AWS_REGION: backends.s3.region,
    AWS_ACCESS_KEY_ID: backends.s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: backends.s3.secretAccessKey,
  };
  const { apiKey, apiSecret } = backends.livekit;
  const livekit = {
    LIVEKIT_URL: backends.livekit.url,
    LIVEKIT_KEYS_FILE: secrets.put('livekit-keys.json', { apiKey, apiSecret }),
  };

  const auth: EnvironmentOf<'auth'> = {
    ...base('auth'),
    ...identity('auth'),
    ...postgres('auth'),
    ...redis,
    TOKEN_ISSUER: token.TOKEN_ISSUER,
    SERVICE_JWKS_FILE: token.SERVICE_JWKS_FILE,
    SIGNING_KEYS_FILE: secrets.tokenSigningKeysFile,
    REFRESH_KEYS_FILE: secrets.refreshKeysFile,
    REFRESH_COOKIE_SECURE: 'false',
    MAIL_TRANSPORT: 'stdout',
    STREAM_URL: streamUrl,
  };
  const stream: EnvironmentOf<'stream'> = {
    ...base('stream'),
    ...token,
    ...identity('stream'),
    ...postgres('stream'),
    ...redis,
    ...storage,
    LIVEKIT_KEYS_FILE: livekit.LIVEKIT_KEYS_FILE,
    LIVEKIT_API_URLS: `${region}=${livekit.LIVEKIT_URL}`,
    LIVEKIT_CLIENT_URLS: `${region}=${urls.livekit}`,
    INGEST_RTMP_URLS: `${region}=${urls.rtmp}`,
    INGEST_WHIP_URLS: `${region}=${urls.whip}`,
    MEDIA_BASE_URL: urls.base,
    MEDIA_SIGNING_KEY_FILE: secrets.mediaSigningKeyFile,
    MEDIA_COOKIE_SECURE: 'false',
    MEDIA_CDN: 'cloudfront',
    SECRETS_KEY_FILE: secrets.playbackKeyFile,
    WEBHOOK_PRIVATE_TARGETS: 'true',
  };
  const chat: EnvironmentOf<'chat'> = {
    ...base('chat'),
    ...token,
    ...identity('chat'),
    ...redis,
    ...mongo('chat'),
    STREAM_URL: streamUrl,
    CHAT_ROUTING: 'any-pod',
    POD_NAME: 'chat-0',
  };
  const analytics: EnvironmentOf<'analytics'> = {
    ...base('analytics'),
    ...token,
    ...identity('analytics'),
    ...redis,
    ...mongo('analytics'),
    STREAM_URL: streamUrl,
  };
  const web: EnvironmentOf<'web'> = {
    ...base('web'),
    PAGES_DIRECTORY: pagesDirectory,
    MEDIA_ORIGINS: urls.base,
    REALTIME_ORIGINS: urls.livekit,
  };
  const ingest: EnvironmentOf<'ingest'> = {
    ...base('ingest'),
    ...identity('ingest'),
    ...redis,
    ...livekit,
    SERVICE_JWKS_FILE: token.SERVICE_JWKS_FILE,
    RTMP_PORT: String(ports.rtmp),
    FEED_ADVERTISE_URL: `http://127.0.0.1:${ports.ingest}`,
    FFMPEG_PATH: ffmpegFile,
    STREAM_URL: streamUrl,
  };
  const packager: EnvironmentOf<'packager'> = {
    ...base('packager'),
    ...identity('packager'),
    ...redis,
    ...storage,
    ...livekit,
    STREAM_URL: streamUrl,
    PACKAGER_ID: 'packager-0',
    // A laptop plays with several short broadcasts, each of which keeps its slot through its grace.
    SLOTS: '4',
    FFMPEG_PATH: ffmpegFile,
    WORK_DIR: join(workDirectory, 'packager'),
  };
  const withStorage = (environment: object) => ({ ...environment, ...sdkCredentials }) as Environment;
  return {
    auth: auth as Environment,
    stream: { ...withStorage(stream), AWS_ENDPOINT_URL_CLOUDFRONT: `http://127.0.0.1:${ports.cdn}` },
    chat: chat as Environment,
    analytics: analytics as Environment,
    web: web as Environment,
    ingest: ingest as Environment,
    packager: withStorage(packager),
  };
}
