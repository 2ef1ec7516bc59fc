import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { poll } from '../../runtime/local/poll';
import { type PrivateRedis, startRedis } from '../../runtime/local/testing';
import { createLogger } from '../../runtime/shared/log';
import { createRateLimiter, limits } from '../../runtime/shared/rate-limit';
import { connectRedis, type RedisClient } from '../../runtime/shared/redis';

const log = createLogger('test', 'silent');

describe.each([
  ['one server', false],
  ['a cluster', true],
])('Redis as %s', (_name, cluster) => {
  let server: PrivateRedis;
  let operator: Redis;
  let directory: string;
  let credentials: string;
  beforeAll(async () => {
    server = await startRedis({ cluster });
    operator = new Redis({ host: server.host, port: server.port });
    directory = mkdtempSync(join(tmpdir(), 'headend-redis-'));
    credentials = join(directory, 'credentials.json');
    await mount('service-a', 'first-password');
  }, 60_000);
  afterAll(async () => {
    operator?.disconnect();
    await server?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** As ElastiCache does with two users in turn: the user gets its password, then the file names it. */
  async function mount(username: string, password: string): Promise<void> {
    await operator.call('ACL', 'SETUSER', username, 'reset', 'on', `>${password}`, '~*', '&*', '+@all');
    writeFileSync(credentials, JSON.stringify({ username, password }));
  }

  const connect = (purpose: 'commands' | 'limiter'): RedisClient =>
    connectRedis(
      { REDIS_URL: server.url, REDIS_CLUSTER: cluster, REDIS_CREDENTIALS_FILE: credentials },
      { purpose, log },
    );

  const untilAnswering = (client: RedisClient) =>
    poll(async () => expect(await client.set('key', 'value')).toBe('OK'), {
      what: 'Redis answering',
      deadlineMs: 10_000,
    });

  it.each(['commands', 'limiter'] as const)(
    'a client for %s survives a rotation that ends its connection',
    async (purpose) => {
      const client = connect(purpose);
      try {
        await untilAnswering(client);
        await mount('service-b', 'second-password');
        await operator.call('ACL', 'DELUSER', 'service-a');
        await untilAnswering(client);
        await mount('service-a', 'third-password');
        await operator.call('ACL', 'DELUSER', 'service-b');
        await untilAnswering(client);
      } finally {
        client.disconnect();
      }
    },
    30_000,
  );

  it('limits fifty who race for twenty to twenty', async () => {
    const clients = Array.from({ length: 5 }, () => connect('limiter'));
    try {
      await Promise.all(clients.map(untilAnswering));
      const limiters = clients.map((client) => createRateLimiter(client, log));
      for (let round = 0; round < 20; round++) {
        const verdicts = await Promise.all(
          Array.from({ length: 50 }, (_, i) => limiters[i % 5]?.take('race', limits.ticket, `subject-${round}`)),
        );
        const allowed = verdicts.filter((verdict) => verdict?.allowed).length;
        expect(allowed).toBe(limits.ticket.burst);
        for (const verdict of verdicts) {
          if (verdict && !verdict.allowed) expect(verdict.retryAfterSeconds).toBeGreaterThan(0);
        }
      }
    } finally {
      for (const client of clients) client.disconnect();
    }
  });

  it('forgets a limit that has refilled', async () => {
    const client = connect('limiter');
    try {
      await untilAnswering(client);
      const limiter = createRateLimiter(client, log);
      await limiter.take('brief', { burst: 1, perMinute: 600, subject: 'ip' }, 'someone');
      expect((await limiter.take('brief', { burst: 1, perMinute: 600, subject: 'ip' }, 'someone')).allowed).toBe(false);
      await poll(async () => expect(await client.exists('limit:brief:{someone}')).toBe(0), {
        what: 'the counter expiring',
        deadlineMs: 2_000,
      });
    } finally {
      client.disconnect();
    }
  });
});
