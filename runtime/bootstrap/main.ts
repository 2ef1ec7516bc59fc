import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { z } from 'zod';
import { createPostgresAccountStore } from '../auth/accounts/postgres-store';
import { EnvironmentError, parseEnvironment, readSecret } from '../shared/environment';
import { newId } from '../shared/ids';
import { createLogger, type Logger } from '../shared/log';
import { Registry } from '../shared/metrics';
import { migrate } from '../shared/migrate';
import { createPasswordHasher } from '../shared/password-hasher';
import { connectDatabase } from '../shared/postgres';
import { type BootstrapEnvironment, bootstrapEnvironment, mongoOwners, postgresOwners } from './contract';
import { ensureFirstAdmin, firstAdminSecret } from './first-admin';
import { ensureUser } from './mongo';
import { ensureDatabase } from './postgres';

const login = z.object({ username: z.string().min(1), password: z.string().min(1) });

/** Brings databases, roles, users and the first administrator to the state the services expect. May run any number of times. */
export async function bootstrap(config: BootstrapEnvironment, log: Logger): Promise<void> {
  const { PG_CA_FILE, MONGO_CA_FILE } = config;
  const postgresSecret = { auth: config.PG_AUTH_CREDENTIALS_FILE, stream: config.PG_STREAM_CREDENTIALS_FILE };
  const [host = '', port = ''] = config.PG_WRITER.split(':');
  const { username: user, password } = readSecret(config.PG_ADMIN_CREDENTIALS_FILE, login);
  const ssl = PG_CA_FILE !== undefined && { ssl: { ca: readFileSync(PG_CA_FILE, 'utf8'), rejectUnauthorized: true } };
  const admin = new pg.Client({ host, port: Number(port), database: 'postgres', user, password, ...ssl });
  await admin.connect();
  try {
    for (const owner of postgresOwners) {
      await ensureDatabase(admin, owner, readSecret(postgresSecret[owner], login));
      log.info({ database: owner }, 'PostgreSQL database and role are there');
    }
  } finally {
    await admin.end();
  }

  const mongoSecret = { chat: config.MONGO_CHAT_CREDENTIALS_FILE, analytics: config.MONGO_ANALYTICS_CREDENTIALS_FILE };
  const server = {
    url: config.MONGO_URL,
    options: { retryWrites: false, ...(MONGO_CA_FILE !== undefined && { tls: true, tlsCAFile: MONGO_CA_FILE }) },
  };
  const mongoAdmin = readSecret(config.MONGO_ADMIN_CREDENTIALS_FILE, login);
  for (const owner of mongoOwners) {
    await ensureUser(server, mongoAdmin, owner, readSecret(mongoSecret[owner], login));
    log.info({ database: owner }, 'document-store user is there');
  }

  log.info({ administrator: await firstAdmin(config, log) }, 'bootstrap is done');
}

/** The account needs auth's tables, so auth's migrations run here first; auth finds nothing left to do. */
async function firstAdmin(config: BootstrapEnvironment, log: Logger): Promise<'created' | 'exists'> {
  const database = connectDatabase(
    {
      PG_WRITER: config.PG_WRITER,
      PG_READERS: [],
      PG_DATABASE: 'auth',
      PG_CREDENTIALS_FILE: config.PG_AUTH_CREDENTIALS_FILE,
      PG_CA_FILE: config.PG_CA_FILE,
    },
    log,
  );
  try {
    await migrate(database, join(__dirname, '../auth/migrations'));
    return await ensureFirstAdmin(readSecret(config.FIRST_ADMIN_FILE, firstAdminSecret), {
      accounts: createPostgresAccountStore(database),
      hasher: await createPasswordHasher(1, new Registry()),
      newId: () => newId('us'),
      now: () => new Date(),
    });
  } finally {
    await database.close();
  }
}

/** Exit code of a faulty environment, as every service has it. */
const faultyEnvironment = 3;

if (require.main === module) {
  const log = createLogger('bootstrap', process.env.LOG_LEVEL ?? 'info');
  Promise.resolve()
    .then(() => bootstrap(parseEnvironment('bootstrap', bootstrapEnvironment, process.env), log))
    .catch((error: unknown) => {
      log.error({ err: error }, 'bootstrap failed');
      process.exitCode = error instanceof EnvironmentError ? faultyEnvironment : 1;
    });
}
