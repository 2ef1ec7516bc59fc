import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import pg from 'pg';
import { generateSigningKey, type SigningKeys } from '../../runtime/auth/tokens/signing-keys';
import { poll } from '../../runtime/local/poll';
import { type PrivatePostgres, type PrivateRedis, startPostgres, startRedis } from '../../runtime/local/testing';
import { createUserVerifier } from '../../runtime/shared/tokens';
import { Relay } from '../contract/relay';
import { type Answered, call, type ServiceUnderTest, startServiceUnderTest, testSecrets } from '../contract/service';
import { authEnvironment } from './harness';

let postgres: PrivatePostgres;
let redis: PrivateRedis;
let postgresRelay: Relay;
let redisRelay: Relay;
let secrets: ReturnType<typeof testSecrets>;
let auth: ServiceUnderTest;

beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres(), startRedis({ cluster: false })]);
  [postgresRelay, redisRelay] = await Promise.all([Relay.start(postgres), Relay.start(redis)]);
  secrets = testSecrets();
  auth = await startServiceUnderTest('auth', {
    ...authEnvironment(postgres, redis, secrets),
    PG_WRITER: `127.0.0.1:${postgresRelay.port}`,
    REDIS_URL: `redis://127.0.0.1:${redisRelay.port}`,
  });
}, 90_000);

afterAll(async () => {
  await auth?.stop();
  await Promise.all([postgresRelay, redisRelay, postgres, redis].map((each) => each?.stop()));
  secrets?.remove();
});

const password = 'correct horse battery';

function signUp(headers: Record<string, string> = {}): Promise<Answered> {
  const handle = `u${randomUUID().replace(/-/g, '').slice(0, 20)}`;
  const body = { handle, email: `${handle}@example.org`, password };
  return call(auth.baseUrl, '/api/auth/signup', { body, headers });
}

const logIn = (identifier: string, headers: Record<string, string> = {}) =>
  call(auth.baseUrl, '/api/auth/login', { body: { identifier, password }, headers });

const ready = async () => {
  const response = await fetch(`${auth.managementUrl}/readyz`);
  return { status: response.status, body: (await response.json()) as { missing: Record<string, string> } };
};

const untilReady = () =>
  poll(
    async () => {
      const { status, body } = await ready();
      if (status !== 200) throw new Error(JSON.stringify(body));
    },
    { what: 'auth being ready again', deadlineMs: 15_000 },
  );

/** Calls without pause until stopped; gives the statuses. */
function underLoad(concurrency: number, request: () => Promise<Answered>) {
  const statuses: number[] = [];
  let stopped = false;
  const workers = Array.from({ length: concurrency }, async () => {
    while (!stopped) statuses.push((await request()).status);
  });
  return {
    statuses,
    async stop() {
      stopped = true;
      await Promise.all(workers);
      return statuses;
    },
  };
}

describe('while Redis is away', () => {
  afterEach(async () => {
    redisRelay.restore();
    // Until the service has its connection back, limits are local ones.
    await poll(
      async () => {
        if (!(await limitsAreShared())) throw new Error('still local');
      },
      { what: 'limits being kept in Redis again', deadlineMs: 15_000 },
    );
  }, 20_000);

  it.each(['cut', 'silence'] as const)('(%s) people sign in, read and refresh', async (way) => {
    const account = await signUp();
    redisRelay[way]();
    expect((await logIn(account.body.user.handle)).status).toBe(200);
    expect((await call(auth.baseUrl, '/api/auth/me', { token: account.body.accessToken })).status).toBe(200);
    expect((await ready()).status).toBe(200);
  });

  it('one address is held to a stricter limit, not to none', async () => {
    redisRelay.cut();
    const headers = { 'x-forwarded-for': '203.0.113.7' };
    const answers = await Promise.all(Array.from({ length: 12 }, () => logIn('nobody-at-all', headers)));
    const refused = answers.filter(({ status }) => status === 429);
    // Of the ten at once that Redis would let through, a quarter.
    expect(answers.length - refused.length).toBeLessThanOrEqual(3);
    expect(answers.length - refused.length).toBeGreaterThan(0);
    for (const answer of refused) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('while PostgreSQL is away', () => {
  afterEach(async () => {
    postgresRelay.restore();
    await untilReady();
  });

  it.each(['cut', 'silence'] as const)(
    '(%s) requests are told to come back, in time, and readiness says why',
    async (way) => {
      const account = await signUp();
      postgresRelay[way]();
      const startedAt = Date.now();
      const answer = await logIn(account.body.user.handle);
      expect([answer.status, answer.body.code]).toEqual([503, 'unavailable']);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(Date.now() - startedAt).toBeLessThan(15_000);
      await poll(async () => expect((await ready()).body.missing).toHaveProperty('postgres'), {
        what: 'readiness noticing',
        deadlineMs: 10_000,
      });
      expect((await fetch(`${auth.managementUrl}/livez`)).status).toBe(200);
    },
    40_000,
  );

  it('the keys are still served', async () => {
    postgresRelay.cut();
    expect((await call(auth.baseUrl, '/api/auth/jwks')).status).toBe(200);
  });

  it('nothing is lost of what was answered before', async () => {
    const account = await signUp();
    postgresRelay.cut();
    postgresRelay.restore();
    await untilReady();
    expect((await logIn(account.body.user.handle)).status).toBe(200);
  });
});

describe('under a flood of logins', () => {
  it('a bounded number waits, the rest is told to come back, and other requests go on', async () => {
    const flood = Promise.all(Array.from({ length: 300 }, (_, i) => logIn(`flooding-${i}`)));
    const others = await Promise.all(Array.from({ length: 10 }, () => call(auth.baseUrl, '/api/auth/jwks')));
    expect(others.map(({ status }) => status)).toEqual(Array(10).fill(200));
    const answers = await flood;
    const refused = answers.filter(({ status }) => status === 503);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 503]));
    for (const answer of refused) expect(answer.headers.get('retry-after')).toBe('2');
    // Two at work and a hundred waiting are answered; slots that come free meanwhile let some more in.
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(102);
  }, 30_000);
});

describe('rotating under load', () => {
  it('the database password costs not one request', async () => {
    const account = await signUp();
    const me = () => call(auth.baseUrl, '/api/auth/sessions', { token: account.body.accessToken });
    const load = underLoad(2, me);
    await poll(async () => expect(load.statuses.length).toBeGreaterThan(20), { what: 'load', deadlineMs: 10_000 });
    await rotateDatabasePassword();
    // More at once than there are connections: new ones must be opened with the new password.
    const more = underLoad(30, me);
    await poll(async () => expect(more.statuses.length).toBeGreaterThan(600), { what: 'load', deadlineMs: 20_000 });
    const statuses = [...(await load.stop()), ...(await more.stop())];
    expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([]);
    expect(await connectionsOpenedSince()).toBeGreaterThan(2);
  }, 40_000);

  it('the signing key costs not one request, and verifiers take both', async () => {
    const file = secrets.tokenSigningKeysFile;
    const before = JSON.parse(readFileSync(file, 'utf8')) as SigningKeys;
    const account = await signUp();
    const verify = createUserVerifier({
      jwksUrl: `${auth.baseUrl}/api/auth/jwks`,
      issuer: 'https://headend.test',
    });
    await verify(account.body.accessToken);
    const load = underLoad(4, () => call(auth.baseUrl, '/api/auth/me', { token: account.body.accessToken }));
    const added = { ...(await generateSigningKey()), activeFrom: new Date().toISOString() };
    writeFileSync(file, JSON.stringify({ keys: [...before.keys, added] }));
    const fresh = await poll(
      async () => {
        const answer = await logIn(account.body.user.handle);
        const header = JSON.parse(Buffer.from(answer.body.accessToken.split('.')[0], 'base64url').toString());
        if (header.kid !== added.kid) throw new Error('still the old key');
        return answer;
      },
      { what: 'signing with the new key', deadlineMs: 10_000, intervalMs: 500 },
    );
    expect((await call(auth.baseUrl, '/api/auth/me', { token: fresh.body.accessToken })).status).toBe(200);
    const statuses = await load.stop();
    expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([]);
  }, 30_000);
});

async function limitsAreShared(): Promise<boolean> {
  // Not an address that a test counts on: while limits are local ones, this uses them up.
  const headers = { 'x-forwarded-for': `198.51.100.${Math.floor(Math.random() * 250)}` };
  const answers = await Promise.all(Array.from({ length: 6 }, () => logIn('nobody-at-all-2', headers)));
  // Six at once are within the shared limit for the address and beyond the local one.
  return answers.filter(({ status }) => status === 429).length < 4;
}

/** As an alternating-user rotation does: the other user gets a new password, then the file names that user. */
async function rotateDatabasePassword(): Promise<void> {
  const next = randomUUID();
  await asOwner((client) => client.query(`ALTER ROLE headend PASSWORD '${next}'`));
  writeFileSync(postgres.credentialsFile, JSON.stringify({ username: 'headend', password: next }));
}

async function connectionsOpenedSince(): Promise<number> {
  const { rows } = await asOwner((client) =>
    client.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM pg_stat_activity WHERE usename = 'headend' AND pid <> pg_backend_pid()`,
    ),
  );
  return rows[0]?.count ?? 0;
}

async function asOwner<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const { username, password: current } = JSON.parse(readFileSync(postgres.credentialsFile, 'utf8'));
  const client = new pg.Client({
    host: postgres.host,
    port: postgres.port,
    user: username,
    password: current,
    database: postgres.database,
  });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
