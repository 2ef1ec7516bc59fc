import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { hash } from '@node-rs/argon2';
import { importJWK, SignJWT } from 'jose';
import { type SigningKeys, signingKeyAt } from '../../runtime/auth/tokens/signing-keys';
import { freePort } from '../../runtime/local/ports';
import { openSecrets } from '../../runtime/local/secrets';
import { type PrivatePostgres, type PrivateRedis, startPostgres, startRedis } from '../../runtime/local/testing';
import { newId } from '../../runtime/shared/ids';
import { createLogger } from '../../runtime/shared/log';
import { migrate } from '../../runtime/shared/migrate';
import { connectDatabase } from '../../runtime/shared/postgres';
import { cores, cpuSeconds, listening, startPinned, stop } from '../chat/pinned';
import { transpile } from '../chat/transpile';
import { median, table } from '../support/table';
import type { LoadPlan, LoadResult } from './plan';

/**
 * `npm run bench:auth` (logins) and `npm run bench:api` (requests with a token): our service beside bare Express with
 * the same middleware, one after the other in the same run, on the same PostgreSQL and Redis. The server has one core,
 * the load client, PostgreSQL and Redis the other.
 */
const { values: options } = parseArgs({
  options: {
    kind: { type: 'string', default: 'login' },
    seconds: { type: 'string', default: '5' },
    repeats: { type: 'string', default: '5' },
  },
});
const kind = options.kind as LoadPlan['kind'];
const password = 'correct horse battery';
const accounts = 2_000;
/** Few enough that each token has been seen before anything is counted. */
const signedIn = 200;
const root = resolve(__dirname, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'headend-bench-'));

interface Sample extends LoadResult {
  readonly perCpuSecond: number;
}

async function main(): Promise<void> {
  const built = join(root, 'node_modules/.cache/bench-auth');
  transpile(built, ['runtime/auth', 'runtime/stream', 'runtime/shared', 'bench/auth', 'bench/support']);
  const [postgres, redis] = await Promise.all([startPostgres(), startRedis({ cluster: false })]);
  try {
    const environment = serviceEnvironment(postgres, redis);
    const plan = await prepare(postgres, environment);
    const samples = { headend: [] as Sample[], bare: [] as Sample[] };
    const scripts = {
      headend: join(built, 'runtime/auth/server.js'),
      bare: join(built, 'bench/auth/servers/bare.js'),
    };
    // In turns, so that whatever else the machine does falls on both alike.
    for (let repeat = 0; repeat < Number(options.repeats); repeat++) {
      for (const name of ['bare', 'headend'] as const) {
        samples[name].push(await measure(scripts[name], join(built, 'bench/auth/load.js'), environment, plan));
      }
    }
    report(samples);
  } finally {
    await Promise.all([postgres.stop(), redis.stop()]);
    rmSync(scratch, { recursive: true, force: true });
  }
}

function serviceEnvironment(postgres: PrivatePostgres, redis: PrivateRedis): Record<string, string> {
  const secrets = openSecrets(scratch, ['auth']);
  return {
    BIND_ADDRESS: '127.0.0.1',
    LOG_LEVEL: 'warn',
    REGION: 'us-east-1',
    ALLOWED_ORIGINS: 'https://headend.test',
    TRUSTED_PROXY_HOPS: '1',
    PG_WRITER: `${postgres.host}:${postgres.port}`,
    PG_READERS: '',
    PG_DATABASE: postgres.database,
    PG_CREDENTIALS_FILE: postgres.credentialsFile,
    REDIS_URL: redis.url,
    REDIS_CLUSTER: 'false',
    TOKEN_ISSUER: 'https://headend.test',
    SERVICE_JWKS_FILE: secrets.serviceJwksFile,
    SERVICE_KEY_FILE: secrets.serviceKeyFile('auth'),
    SIGNING_KEYS_FILE: secrets.tokenSigningKeysFile,
    REFRESH_KEYS_FILE: secrets.refreshKeysFile,
    MAIL_TRANSPORT: 'stdout',
    STREAM_URL: 'http://127.0.0.1:9',
  };
}

/** Accounts in the database, and tokens for them. */
async function prepare(
  postgres: PrivatePostgres,
  environment: Readonly<Record<string, string>>,
): Promise<Omit<LoadPlan, 'port'>> {
  const settings = {
    PG_WRITER: `${postgres.host}:${postgres.port}`,
    PG_READERS: [],
    PG_DATABASE: postgres.database,
    PG_CREDENTIALS_FILE: postgres.credentialsFile,
  };
  const database = connectDatabase(settings, createLogger('bench', 'silent'));
  await migrate(database, join(root, 'runtime/auth/migrations'));
  const passwordHash = await hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
  const users = Array.from({ length: accounts }, (_, index) => ({ id: newId('us'), handle: `bench${index}` }));
  await database.query(
    `INSERT INTO users (id, handle, email, password_hash, role, created_at)
     SELECT id, handle, handle || '@example.org', $3, 'viewer', now()
       FROM unnest($1::text[], $2::text[]) AS given (id, handle)`,
    [users.map(({ id }) => id), users.map(({ handle }) => handle), passwordHash],
  );
  await database.close();
  const keys = JSON.parse(readFileSync(environment.SIGNING_KEYS_FILE ?? '', 'utf8')) as SigningKeys;
  const { kid, privateJwk } = signingKeyAt(keys, new Date());
  const key = await importJWK(privateJwk, 'EdDSA');
  const tokens = await Promise.all(
    users
      .slice(0, signedIn)
      .map(({ id, handle }) =>
        new SignJWT({ sid: newId('se'), role: 'viewer', handle })
          .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid })
          .setIssuer('https://headend.test')
          .setAudience('headend:api')
          .setSubject(id)
          .setJti('bench')
          .setIssuedAt()
          .setExpirationTime('2h')
          .sign(key),
      ),
  );
  return {
    kind,
    concurrency: kind === 'login' ? 8 : 32,
    seconds: Number(options.seconds),
    handles: users.map(({ handle }) => handle),
    password,
    tokens,
  };
}

async function measure(
  script: string,
  client: string,
  environment: Readonly<Record<string, string>>,
  plan: Omit<LoadPlan, 'port'>,
): Promise<Sample> {
  const port = await freePort();
  const ports = { PORT: String(port), MANAGEMENT_PORT: String(await freePort()) };
  const program = {
    file: process.execPath,
    arguments: [script],
    environment: { ...environment, ...ports },
    hasChannel: false,
  };
  const server = startPinned(program, cores.server);
  try {
    await listening(port);
    // Compiled and connected before anything is counted.
    await load(client, { ...plan, port, seconds: 2 });
    const before = cpuSeconds(server.pid ?? 0);
    const result = await load(client, { ...plan, port });
    const used = cpuSeconds(server.pid ?? 0) - before;
    if (result.wrong > 0) throw new Error(`void: ${result.wrong} of ${result.answers} answers were not 200`);
    return { ...result, perCpuSecond: result.answers / used };
  } finally {
    await stop(server);
  }
}

function load(client: string, plan: LoadPlan): Promise<LoadResult> {
  const planFile = join(scratch, 'plan.json');
  writeFileSync(planFile, JSON.stringify(plan));
  const child = spawn('taskset', ['-c', String(cores.client), process.execPath, client, planFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  return new Promise((done, fail) => {
    child.on('exit', (code) =>
      code === 0 ? done(JSON.parse(text) as LoadResult) : fail(new Error(`load ended with ${code}`)),
    );
  });
}

function report(samples: Readonly<Record<'headend' | 'bare', readonly Sample[]>>): void {
  const of = (name: 'headend' | 'bare', figure: keyof Sample) => median(samples[name].map((sample) => sample[figure]));
  const row = (label: string, name: 'headend' | 'bare') => [
    label,
    of(name, 'perCpuSecond').toFixed(0),
    of(name, 'p50Ms').toFixed(1),
    of(name, 'p99Ms').toFixed(1),
    (of(name, 'perCpuSecond') / of('bare', 'perCpuSecond')).toFixed(2),
  ];
  const what = kind === 'login' ? 'logins' : 'verified requests';
  console.log(
    `${what}: medians of ${options.repeats} runs of ${options.seconds} s, ${cpus()[0]?.model ?? 'unknown CPU'}\n`,
  );
  console.log(
    table(
      ['server', `${what} per CPU-second`, 'p50 ms', 'p99 ms', 'ratio'],
      [row('bare Express, same middleware', 'bare'), row('headend auth', 'headend')],
    ),
  );
}

void main();
