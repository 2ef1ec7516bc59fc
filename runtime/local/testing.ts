import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports';
import { resolveServer } from './provision/resolve';
import { servers } from './provision/table';
import type { Installation, ServerDefinition, ServerReport } from './provision/types';
import { startLiveKitServer } from './servers/livekit';
import { startMongoServer } from './servers/mongo';
import { createRoleWithDatabase, type PostgresLogin, startReader, startWriter } from './servers/postgres';
import { startRedisServer } from './servers/redis';
import { createBuckets, startS3Server } from './servers/s3';

/**
 * Private real servers for tests: each call starts one of its own on a free port of loopback, with its data in a
 * temporary directory that `stop` removes. A server that cannot be had fails the test with the command that supplies it.
 */
export interface PrivateServer {
  readonly host: string;
  readonly port: number;
  /** Version, origin and, where the server is a stand-in, its true name. */
  readonly report: ServerReport;
  stop(): Promise<void>;
}

export interface PrivatePostgres extends PrivateServer, PostgresLogin {
  /** `postgres://…`, with credentials. */
  readonly url: string;
  /** Owned by `username`, empty. */
  readonly database: string;
  /** JSON for `PG_CREDENTIALS_FILE`. */
  readonly credentialsFile: string;
  /** `host:port` of the streaming read replica; only with `replica`. */
  readonly reader?: string;
  /** For tests that do to the server what only its operator may. */
  readonly superuser: PostgresLogin;
}

export async function startPostgres(options: { readonly replica?: boolean } = {}): Promise<PrivatePostgres> {
  const { installation, report } = await install(servers.postgres);
  const scratch = scratchDirectory();
  const superuser = { username: 'postgres', password: randomSecret() };
  const owner = { username: 'headend', password: randomSecret() };
  const common = { installation, dataDirectory: scratch.path, superuser, ephemeral: true };
  const port = await freePort();
  const writer = await startWriter({ ...common, port });
  await createRoleWithDatabase(`127.0.0.1:${port}`, superuser, owner);
  const readerPort = options.replica ? await freePort() : undefined;
  const reader = readerPort === undefined ? undefined : await startReader({ ...common, port: readerPort }, port);
  const credentialsFile = scratch.secret('credentials.json', owner);
  return {
    ...owner,
    host: '127.0.0.1',
    port,
    url: `postgres://${owner.username}:${owner.password}@127.0.0.1:${port}/${owner.username}`,
    database: owner.username,
    credentialsFile,
    superuser,
    ...(readerPort !== undefined && { reader: `127.0.0.1:${readerPort}` }),
    report,
    async stop() {
      await reader?.stop();
      await writer.stop();
      scratch.remove();
    },
  };
}

export interface PrivateRedis extends PrivateServer {
  /** `redis://…`, without credentials: there are none. */
  readonly url: string;
  readonly cluster: boolean;
}

/** @param options.cluster one node with all slots, as `npm start` runs it; on by default because production is a cluster */
export async function startRedis({ cluster = true }: { readonly cluster?: boolean } = {}): Promise<PrivateRedis> {
  const { installation, report } = await install(servers.redis);
  const scratch = scratchDirectory();
  const port = await freePort();
  const running = await startRedisServer({
    installation,
    dataDirectory: scratch.path,
    port,
    ...(cluster && { clusterBusPort: await freePort() }),
  });
  return {
    host: '127.0.0.1',
    port,
    url: `redis://127.0.0.1:${port}`,
    cluster,
    report,
    async stop() {
      await running.stop();
      scratch.remove();
    },
  };
}

export interface PrivateMongo extends PrivateServer {
  /** `mongodb://…`, without credentials: there are none. */
  readonly url: string;
}

export async function startMongo(): Promise<PrivateMongo> {
  const { installation, report } = await install(servers.mongo);
  const scratch = scratchDirectory();
  const port = await freePort();
  const running = await startMongoServer({ installation, dataDirectory: scratch.path, port });
  return {
    host: '127.0.0.1',
    port,
    url: `mongodb://127.0.0.1:${port}`,
    report,
    async stop() {
      await running.stop();
      scratch.remove();
    },
  };
}

export interface PrivateS3 extends PrivateServer {
  readonly url: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Objects under `hls/` are readable without a signature. */
  readonly hlsBucket: string;
  readonly recordingsBucket: string;
}

export async function startS3(): Promise<PrivateS3> {
  const { installation, report } = await install(servers.s3);
  const scratch = scratchDirectory();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const access = { endpoint: url, region: 'us-east-1', accessKeyId: 'headend', secretAccessKey: randomSecret() };
  const running = await startS3Server({ installation, dataDirectory: scratch.path, port, access });
  const buckets = { hls: 'headend-hls', recordings: 'headend-recordings' };
  await createBuckets(access, buckets);
  const { region, accessKeyId, secretAccessKey } = access;
  return {
    host: '127.0.0.1',
    port,
    url,
    region,
    accessKeyId,
    secretAccessKey,
    hlsBucket: buckets.hls,
    recordingsBucket: buckets.recordings,
    report,
    async stop() {
      await running.stop();
      scratch.remove();
    },
  };
}

export interface PrivateLiveKit extends PrivateServer {
  /** `http://…`: API, signalling (as `ws://`) and WHIP. */
  readonly url: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  /** JSON for `LIVEKIT_KEYS_FILE`. */
  readonly keysFile: string;
}

/** @param options.webhookUrl gets LiveKit's signed webhooks */
export async function startLiveKit(options: { readonly webhookUrl?: string } = {}): Promise<PrivateLiveKit> {
  const { installation, report } = await install(servers.livekit);
  const scratch = scratchDirectory();
  const ports = { http: await freePort(), tcp: await freePort(), udp: await freePort() };
  const keys = { apiKey: 'headend', apiSecret: randomSecret() };
  const webhookUrls = options.webhookUrl === undefined ? [] : [options.webhookUrl];
  const running = await startLiveKitServer({ installation, dataDirectory: scratch.path, ports, keys, webhookUrls });
  return {
    ...keys,
    host: '127.0.0.1',
    port: ports.http,
    url: `http://127.0.0.1:${ports.http}`,
    keysFile: scratch.secret('livekit-keys.json', keys),
    report,
    async stop() {
      await running.stop();
      scratch.remove();
    },
  };
}

async function install(definition: ServerDefinition): Promise<{ installation: Installation; report: ServerReport }> {
  // A private server is never one that somebody else runs: the URL variables do not count here.
  const resolved = await resolveServer(definition, (sentence) => process.stderr.write(`${sentence}\n`), {});
  if (resolved.kind === 'url') throw new Error(`${definition.title} was resolved to a URL without one being given`);
  return resolved;
}

function scratchDirectory() {
  const path = mkdtempSync(join(tmpdir(), 'headend-'));
  return {
    path,
    secret(name: string, value: unknown): string {
      const file = join(path, name);
      writeFileSync(file, JSON.stringify(value), { mode: 0o600 });
      return file;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

const randomSecret = () => randomBytes(24).toString('hex');
