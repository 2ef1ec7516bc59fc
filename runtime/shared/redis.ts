import { readFileSync } from 'node:fs';
import { Cluster, Redis } from 'ioredis';
import { credentialsSecret, readSecret } from './environment';
import type { Logger } from './log';

export type RedisClient = Redis | Cluster;

export interface RedisSettings {
  readonly REDIS_URL: string;
  readonly REDIS_CLUSTER: boolean;
  readonly REDIS_CREDENTIALS_FILE?: string | undefined;
}

export interface RedisUse {
  /**
   * `commands`: waits for a short outage. `limiter`: fails at once, so that the caller falls back.
   * `subscriber`: sharded pub/sub.
   */
  readonly purpose: 'commands' | 'limiter' | 'subscriber';
  readonly log: Logger;
}

/** Opens one client. Never throws for an unreachable server: commands fail, readiness tells. */
export function connectRedis(settings: RedisSettings, { purpose, log }: RedisUse): RedisClient {
  const url = new URL(settings.REDIS_URL);
  const node = { host: url.hostname, port: Number(url.port || 6379) };
  const options = {
    ...credentials(settings.REDIS_CREDENTIALS_FILE),
    ...(url.protocol === 'rediss:' && { tls: { servername: url.hostname } }),
    ...(purpose === 'limiter' && { enableOfflineQueue: false, commandTimeout: 150 }),
    maxRetriesPerRequest: purpose === 'limiter' ? 1 : 3,
    connectTimeout: 3_000,
  };
  const client = settings.REDIS_CLUSTER
    ? new Cluster([node], {
        redisOptions: options,
        // ElastiCache's TLS certificate names the endpoint, not the address it resolves to.
        dnsLookup: (address, done) => done(null, address),
        shardedSubscribers: purpose === 'subscriber',
        enableOfflineQueue: purpose !== 'limiter',
        clusterRetryStrategy: backOff,
      })
    : new Redis({ ...node, ...options, retryStrategy: backOff });
  const { REDIS_CREDENTIALS_FILE: file } = settings;
  client.on('error', (error: Error) => {
    log.warn({ err: error, purpose }, 'redis connection failed');
  });
  // After a rotation the mounted file has what the next connection needs. A cluster client connects through node
  // clients that it makes anew; a plain one connects again by itself.
  const refresh = (target: object) => {
    try {
      Object.assign(target, credentials(file));
    } catch (error) {
      log.error({ err: error }, 'redis credentials cannot be read; the known ones are kept');
    }
  };
  if (client instanceof Cluster) client.on('+node', (node: Redis) => refresh(node.options));
  else client.on('close', () => refresh(client.options));
  return client;
}

const backOff = (attempt: number) => Math.min(2_000, 50 * 2 ** Math.min(attempt, 6)) * (0.75 + Math.random() / 2);

function credentials(file: string | undefined): { username?: string; password?: string } {
  if (file === undefined) return {};
  const { username, password } = readSecret(file, credentialsSecret);
  return { password, ...(username !== undefined && { username }) };
}

/** Loads a Lua script that stands beside its caller and names it as a command. One file per atomic operation. */
export function defineScript(client: RedisClient, name: string, path: string, numberOfKeys: number): void {
  client.defineCommand(name, { lua: readFileSync(path, 'utf8'), numberOfKeys });
}
