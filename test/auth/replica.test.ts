import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { poll } from '../../runtime/local/poll';
import { createLogger } from '../../runtime/shared/log';
import { connectDatabase, type Database } from '../../runtime/shared/postgres';
import { call } from '../contract/service';
import { type AuthUnderTest, startAuth } from './harness';

let auth: AuthUnderTest;
let replica: pg.Client;
beforeAll(async () => {
  auth = await startAuth({ replica: true });
  const [host = '', port = ''] = (auth.postgres.reader ?? '').split(':');
  const { username, password } = auth.postgres.superuser;
  replica = new pg.Client({ host, port: Number(port), user: username, password, database: 'postgres' });
  await replica.connect();
}, 90_000);
afterAll(async () => {
  await replica?.end();
  await auth?.stop();
});

const password = 'correct horse battery';

async function signUp() {
  const handle = `u${randomUUID().replace(/-/g, '').slice(0, 20)}`;
  return call(auth.baseUrl, '/api/auth/signup', { body: { handle, email: `${handle}@example.org`, password } });
}

function openDatabase(): Database {
  const settings = {
    PG_WRITER: auth.environment.PG_WRITER ?? '',
    PG_READERS: [auth.postgres.reader ?? ''],
    PG_DATABASE: auth.postgres.database,
    PG_CREDENTIALS_FILE: auth.postgres.credentialsFile,
  };
  return connectDatabase(settings, createLogger('test', 'silent'));
}

/** Whether reads that tolerate lag go to the replica now. */
async function readsReplica(database: Database): Promise<boolean> {
  const [row] = await database.reader.query<{ replica: boolean }>('SELECT pg_is_in_recovery() AS replica');
  return row?.replica ?? false;
}

const untilReplica = (database: Database, expected: boolean) =>
  poll(async () => expect(await readsReplica(database)).toBe(expected), {
    what: `reads going to the ${expected ? 'replica' : 'writer'}`,
    deadlineMs: 15_000,
  });

describe('with a read replica', () => {
  it('everyone sees what they just did, however often', async () => {
    for (let round = 0; round < 25; round++) {
      const { body } = await signUp();
      const sessions = await call(auth.baseUrl, '/api/auth/sessions', { token: body.accessToken });
      expect(sessions.body.sessions).toHaveLength(1);
      const second = await call(auth.baseUrl, '/api/auth/login', { body: { identifier: body.user.handle, password } });
      const both = await call(auth.baseUrl, '/api/auth/sessions', { token: second.body.accessToken });
      expect(both.body.sessions).toHaveLength(2);
    }
  });

  it('sees what it did even while the replica stands still', async () => {
    await replica.query('SELECT pg_wal_replay_pause()');
    try {
      const { body } = await signUp();
      expect((await call(auth.baseUrl, '/api/auth/me', { token: body.accessToken })).status).toBe(200);
    } finally {
      await replica.query('SELECT pg_wal_replay_resume()');
    }
  });

  it('reads that tolerate lag go to it, stop when it falls two seconds behind, and come back', async () => {
    const database = openDatabase();
    try {
      await untilReplica(database, true);
      await replica.query('SELECT pg_wal_replay_pause()');
      await signUp();
      await untilReplica(database, false);
      await replica.query('SELECT pg_wal_replay_resume()');
      await untilReplica(database, true);
    } finally {
      await replica.query('SELECT pg_wal_replay_resume()');
      await database.close();
    }
  }, 40_000);

  it('a replica that nobody writes to for a while is not behind', async () => {
    const database = openDatabase();
    try {
      await untilReplica(database, true);
      const until = Date.now() + 4_000;
      await poll(
        async () => {
          expect(await readsReplica(database)).toBe(true);
          if (Date.now() < until) throw new Error('watching');
        },
        { what: 'four quiet seconds', deadlineMs: 6_000, intervalMs: 200 },
      );
    } finally {
      await database.close();
    }
  });
});
