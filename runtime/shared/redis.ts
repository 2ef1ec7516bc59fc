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
  client.on('error', (error: Error) => {
    log.warn({ err: error, purpose }, 'redis connection failed');
    rereadCredentials(client, settings.REDIS_CREDENTIALS_FILE, error);
  });
  return client;
}

const backOff = (attempt: number) => Math.min(2_000, 50 * 2 ** Math.min(attempt, 6)) * (0.75 + Math.random() / 2);

function credentials(file: string | undefined): { username?: string; password?: string } {
  if (file === undefined) return {};
  const { username, password } = readSecret(file, credentialsSecret);
  return { password, ...(username !== undefined && { username }) };
}

/** After a rotation the old password is refused: the next attempt uses what is mounted now. */
function rereadCredentials(client: RedisClient, file: string | undefined, error: Error): void {
  if (file === undefined || !/WRONGPASS|NOAUTH|invalid password/i.test(error.message)) return;
  const fresh = credentials(file);
  Object.assign(client instanceof Cluster ? (client.options.redisOptions ?? {}) : client.options, fresh);
}

/** Loads a Lua script that stands beside its caller and names it as a command. One file per atomic operation. */
export function defineScript(client: RedisClient, name: string, path: string, numberOfKeys: number): void {
  client.defineCommand(name, { lua: readFileSync(path, 'utf8'), numberOfKeys });
}
