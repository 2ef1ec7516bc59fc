import { Redis } from 'ioredis';
import type { RunningProcess } from './child-process';
import type { DataDirectory } from './data-directory';
import type { PortPlan } from './port-plan';
import type { ResolvedServer } from './provision/types';
import type { LocalSecrets } from './secrets';
import { type LiveKitKeys, startLiveKitServer } from './servers/livekit';
import { startMongoServer } from './servers/mongo';
import { createRoleWithDatabase, type PostgresLogin, startReader, startWriter } from './servers/postgres';
import { startRedisServer } from './servers/redis';
import { createBuckets, type S3Access, startS3Server } from './servers/s3';
import type { Supervisor } from './supervisor';

/** The real servers behind the services, as the services reach them. */
export interface Backends {
  readonly postgres: { readonly writer: string; readonly readers: readonly string[] };
  readonly redis: { readonly url: string; readonly cluster: boolean; readonly credentials?: Credentials };
  readonly mongo: { readonly url: string; readonly credentials?: Credentials };
  readonly s3: S3Access;
  readonly livekit: LiveKitKeys & { readonly url: string };
}

interface Credentials {
  readonly username?: string;
  readonly password: string;
}

export const buckets = { hls: 'headend-hls', recordings: 'headend-recordings' } as const;

/** Services with a PostgreSQL database of their own. */
export const databaseOwners = ['auth', 'stream'] as const;

export interface BackendContext {
  readonly servers: Readonly<Record<'postgres' | 'redis' | 'mongo' | 's3' | 'livekit', ResolvedServer>>;
  readonly ports: PortPlan;
  readonly secrets: LocalSecrets;
  readonly data: DataDirectory;
  readonly supervisor: Supervisor;
  readonly region: string;
  /** Gets LiveKit's webhooks. */
  readonly webhookUrl: string;
  /** Takes a process's output lines. */
  readonly log: (name: string) => (line: string) => void;
}

/** Starts every server that was not given by URL, and makes the roles, databases and buckets that services expect. */
export async function startBackends(context: BackendContext): Promise<Backends> {
  const [postgres, redis, mongo, s3, livekit] = await Promise.all([
    startPostgres(context),
    startRedis(context),
    startMongo(context),
    startS3(context),
    startLiveKit(context),
  ]);
  return { postgres, redis, mongo, s3, livekit };
}

async function startPostgres(context: BackendContext): Promise<Backends['postgres']> {
  const { servers, ports, secrets, data, supervisor, log } = context;
  if (servers.postgres.kind === 'url') {
    const { host, username = '', password } = partsOf(servers.postgres.url, 5432);
    await createDatabases(host, { username, password }, secrets);
    return { writer: host, readers: [] };
  }
  const { installation } = servers.postgres;
  const superuser = secrets.postgresSuperuser;
  const common = { installation, superuser, dataDirectory: data.directory('postgres') };
  const launch = (name: string, start: () => Promise<RunningProcess>) => supervisor.start(name, 'server', start);
  await launch('postgres', () => startWriter({ ...common, port: ports.postgres, onLine: log('postgres') }));
  const writer = `127.0.0.1:${ports.postgres}`;
  await createDatabases(writer, superuser, secrets);
  await launch('postgres-reader', () =>
    startReader({ ...common, port: ports.postgresReader, onLine: log('postgres-reader') }, ports.postgres),
  );
  return { writer, readers: [`127.0.0.1:${ports.postgresReader}`] };
}

async function createDatabases(writer: string, superuser: PostgresLogin, secrets: LocalSecrets): Promise<void> {
  for (const owner of databaseOwners) await createRoleWithDatabase(writer, superuser, secrets.postgresLogin(owner));
}

async function startRedis(context: BackendContext): Promise<Backends['redis']> {
  const { servers, ports, secrets, data, supervisor, log } = context;
  if (servers.redis.kind === 'url') {
    const { url, username, password } = partsOf(servers.redis.url, 6379);
    const credentials = { ...(username !== undefined && { username }), password };
    return { url, cluster: await speaksCluster(servers.redis.url), ...(password !== '' && { credentials }) };
  }
  const { installation } = servers.redis;
  const options = {
    installation,
    dataDirectory: data.directory('redis'),
    port: ports.redis,
    clusterBusPort: ports.redisBus,
    password: secrets.redisPassword,
    onLine: log('redis'),
  };
  await supervisor.start('redis', 'server', () => startRedisServer(options));
  return {
    url: `redis://127.0.0.1:${ports.redis}`,
    cluster: true,
    credentials: { password: secrets.redisPassword },
  };
}

async function speaksCluster(url: string): Promise<boolean> {
  const client = new Redis(url, { lazyConnect: true });
  try {
    return (await client.info('cluster')).includes('cluster_enabled:1');
  } finally {
    client.disconnect();
  }
}

async function startMongo({ servers, ports, data, supervisor, log }: BackendContext): Promise<Backends['mongo']> {
  if (servers.mongo.kind === 'url') {
    const { url, username, password } = partsOf(servers.mongo.url, 27017);
    return { url, ...(username !== undefined && { credentials: { username, password } }) };
  }
  const { installation } = servers.mongo;
  const options = { installation, dataDirectory: data.directory('mongo'), port: ports.mongo, onLine: log('mongo') };
  await supervisor.start('mongo', 'server', () => startMongoServer(options));
  return { url: `mongodb://127.0.0.1:${ports.mongo}` };
}

async function startS3(context: BackendContext): Promise<Backends['s3']> {
  const { servers, ports, secrets, data, supervisor, region, log } = context;
  const access = accessOf(servers.s3, ports, secrets, region);
  if (servers.s3.kind === 'installed') {
    const { installation } = servers.s3;
    const options = { installation, dataDirectory: data.directory('s3'), port: ports.s3, access, onLine: log('s3') };
    await supervisor.start('s3', 'server', () => startS3Server(options));
  }
  await createBuckets(access, buckets);
  return access;
}

function accessOf(server: ResolvedServer, ports: PortPlan, secrets: LocalSecrets, region: string): S3Access {
  if (server.kind === 'installed') return { endpoint: `http://127.0.0.1:${ports.s3}`, region, ...secrets.s3 };
  const { url, username = '', password } = partsOf(server.url, 80);
  return { endpoint: url, region, accessKeyId: username, secretAccessKey: password };
}

async function startLiveKit(context: BackendContext): Promise<Backends['livekit']> {
  const { servers, ports, secrets, data, supervisor, webhookUrl, log } = context;
  if (servers.livekit.kind === 'url') {
    const { url, username = '', password } = partsOf(servers.livekit.url, 80);
    return { url, apiKey: username, apiSecret: password };
  }
  const options = {
    installation: servers.livekit.installation,
    dataDirectory: data.directory('livekit'),
    ports: { http: ports.livekit, tcp: ports.livekitTcp, udp: ports.livekitUdp },
    keys: secrets.livekit,
    webhookUrls: [webhookUrl],
    onLine: log('livekit'),
  };
  await supervisor.start('livekit', 'server', () => startLiveKitServer(options));
  return { url: `http://127.0.0.1:${ports.livekit}`, ...secrets.livekit };
}

/** A URL's credentials apart from its address, since services take the two apart. */
export function partsOf(text: string, usualPort: number) {
  const url = new URL(text);
  const username = url.username === '' ? undefined : decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  const host = `${url.hostname}:${url.port || usualPort}`;
  url.username = '';
  url.password = '';
  return { url: url.href.replace(/\/$/, ''), host, ...(username !== undefined && { username }), password };
}
