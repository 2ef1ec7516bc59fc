import { join } from 'node:path';
import pino from 'pino';
import { createPostgresAccountStore } from '../../runtime/auth/accounts/postgres-store';
import { ensureFirstAdmin } from '../../runtime/bootstrap/first-admin';
import { type PrivatePostgres, startPostgres } from '../../runtime/local/testing';
import { migrate } from '../../runtime/shared/migrate';
import { connectDatabase, type Database } from '../../runtime/shared/postgres';

jest.setTimeout(300_000);

let server: PrivatePostgres;
let database: Database;

beforeAll(async () => {
  server = await startPostgres();
  database = connectDatabase(
    {
      PG_WRITER: `${server.host}:${server.port}`,
      PG_READERS: [],
      PG_DATABASE: server.database,
      PG_CREDENTIALS_FILE: server.credentialsFile,
    },
    pino({ level: 'silent' }),
  );
  await migrate(database, join(__dirname, '../../runtime/auth/migrations'));
});

afterAll(async () => {
  await database.close();
  await server.stop();
});

const ensure = (password: string) =>
  ensureFirstAdmin(
    { email: 'admin@example.com', handle: 'admin', password },
    {
      accounts: createPostgresAccountStore(database),
      hasher: { hash: async (text) => `hash of ${text}` },
      newId: () => 'us_1',
      now: () => new Date('2026-11-24T00:00:00Z'),
    },
  );

describe('the first administrator', () => {
  it('is made with a confirmed address', async () => {
    expect(await ensure('first password')).toBe('created');
    expect(await createPostgresAccountStore(database).findByHandle('admin')).toMatchObject({
      role: 'admin',
      email: 'admin@example.com',
      emailConfirmed: true,
      passwordHash: 'hash of first password',
    });
  });

  it('keeps a password that was changed since', async () => {
    expect(await ensure('another password')).toBe('exists');
    const account = await createPostgresAccountStore(database).findByHandle('admin');
    expect(account?.passwordHash).toBe('hash of first password');
  });
});
