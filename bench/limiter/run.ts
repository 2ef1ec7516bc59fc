import { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { type PrivateRedis, startRedis } from '../../runtime/local/testing';
import { createLogger } from '../../runtime/shared/log';
import { createLocalRateLimiter, createRateLimiter, type Limit } from '../../runtime/shared/rate-limit';
import { connectRedis } from '../../runtime/shared/redis';
import { median, table } from '../support/table';

/**
 * `npm run bench:limiter`: checks per second of one Redis, and how much a 50-way race admits above the limit, beside
 * rate-limiter-flexible in the same run.
 */
const checks = 50_000;
const inFlight = 100;
const racers = 50;
const repeats = 5;

interface Contender {
  readonly name: string;
  readonly usesRedis: boolean;
  /** Whether one unit of `limit` was given to `subject`. */
  take(limit: Limit, subject: string): Promise<boolean>;
}

interface Speed {
  readonly perSecond: number;
  /** What one core of Redis could take, were it the only limit. */
  readonly perRedisCpuSecond: number;
}

async function redisCpuSeconds(admin: Redis): Promise<number> {
  const info = await admin.info('cpu');
  const of = (name: string) => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1]);
  return of('used_cpu_user') + of('used_cpu_sys');
}

async function speedOf(contender: Contender, admin: Redis): Promise<Speed> {
  const limit: Limit = { burst: 1_000, perMinute: 60_000, subject: 'ip' };
  let next = 0;
  const cpuBefore = await redisCpuSeconds(admin);
  const started = performance.now();
  const worker = async () => {
    while (next < checks) {
      next += 1;
      await contender.take(limit, `subject-${next % 5_000}`);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  const seconds = (performance.now() - started) / 1_000;
  const cpuSeconds = (await redisCpuSeconds(admin)) - cpuBefore;
  return { perSecond: checks / seconds, perRedisCpuSecond: checks / cpuSeconds };
}

/** Fifty clients ask at the same time, twenty times over, for a hundred units that come back too slowly to matter. */
async function overAdmission(contender: Contender, run: number): Promise<number> {
  const limit: Limit = { burst: 100, perMinute: 1, subject: 'ip' };
  const asked = Array.from({ length: racers * 20 }, () => contender.take(limit, `race-${run}`));
  const allowed = (await Promise.all(asked)).filter(Boolean).length;
  return (allowed - limit.burst) / limit.burst;
}

function contenders(redis: PrivateRedis): { readonly all: readonly Contender[]; readonly close: () => void } {
  const log = createLogger('bench', 'warn');
  const settings = { REDIS_URL: redis.url, REDIS_CLUSTER: false };
  const client = connectRedis(settings, { purpose: 'commands', log });
  const ours = createRateLimiter(client, log);
  const local = createLocalRateLimiter();
  const peerClient = new Redis(redis.url);
  const peers = new Map<number, RateLimiterRedis>();
  const peerFor = ({ burst, perMinute }: Limit) => {
    const duration = (burst / perMinute) * 60;
    const peer = peers.get(burst) ?? new RateLimiterRedis({ storeClient: peerClient, points: burst, duration });
    peers.set(burst, peer);
    return peer;
  };
  return {
    all: [
      {
        name: 'headend: GCRA in Redis',
        usesRedis: true,
        take: async (limit, subject) => (await ours.take('bench', limit, subject)).allowed,
      },
      {
        name: 'rate-limiter-flexible: fixed window in Redis',
        usesRedis: true,
        take: (limit, subject) =>
          peerFor(limit)
            .consume(subject)
            .then(
              () => true,
              () => false,
            ),
      },
      {
        name: 'headend: in memory',
        usesRedis: false,
        take: async (limit, subject) => (await local.take('bench', limit, subject)).allowed,
      },
    ],
    close: () => {
      client.disconnect();
      peerClient.disconnect();
    },
  };
}

async function main(): Promise<void> {
  const redis = await startRedis({ cluster: false });
  const { all, close } = contenders(redis);
  const admin = new Redis(redis.url);
  const rows: string[][] = [];
  for (const contender of all) {
    const speeds: Speed[] = [];
    const excesses: number[] = [];
    for (let run = 0; run < repeats; run += 1) {
      speeds.push(await speedOf(contender, admin));
      excesses.push(await overAdmission(contender, run));
    }
    rows.push([
      contender.name,
      median(speeds.map(({ perSecond }) => perSecond)).toFixed(0),
      contender.usesRedis ? median(speeds.map(({ perRedisCpuSecond }) => perRedisCpuSecond)).toFixed(0) : '-',
      `${(Math.max(...excesses) * 100).toFixed(2)} %`,
    ]);
  }
  console.log(`\n${inFlight} checks in flight from one process; worst of ${repeats} races of ${racers} clients\n`);
  console.log(table(['limiter', 'checks/s', 'checks per Redis CPU-s', 'admitted above the limit'], rows));
  close();
  admin.disconnect();
  await redis.stop();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
