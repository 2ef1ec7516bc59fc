import pg from 'pg';
import { ensureDatabase } from '../../runtime/bootstrap/postgres';
import { type PrivatePostgres, startPostgres } from '../../runtime/local/testing';

jest.setTimeout(300_000);

let server: PrivatePostgres;

/** What Amazon RDS gives its administrator: roles and databases may be made, but it is no superuser. */
const administrator = { username: 'administrator', password: 'administrator' };

beforeAll(async () => {
  server = await startPostgres();
  await as(server.superuser.username, server.superuser.password, 'postgres', (superuser) =>
    superuser.query("CREATE ROLE administrator LOGIN CREATEROLE CREATEDB PASSWORD 'administrator'"),
  );
});

afterAll(() => server.stop());

async function as<T>(
  user: string,
  password: string,
  database: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ host: server.host, port: server.port, user, password, database });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const ensure = (owner: string, username: string, password: string) =>
  as(administrator.username, administrator.password, 'postgres', (admin) =>
    ensureDatabase(admin, owner, { username, password }),
  );

describe('a service’s database', () => {
  it('is made for a role that may make tables in it, and may be made again', async () => {
    await ensure('auth', 'auth', 'first');
    await ensure('auth', 'auth', 'first');
    await as('auth', 'first', 'auth', (client) => client.query('CREATE TABLE made_by_role (id int)'));
  });

  it('takes the password that the secret has now', async () => {
    await ensure('auth', 'auth', 'second');
    await expect(as('auth', 'first', 'auth', async () => {})).rejects.toThrow(/password authentication failed/);
    await as('auth', 'second', 'auth', async () => {});
  });

  it('belongs to role and twin alike, whichever of them is in the secret', async () => {
    await ensure('auth', 'auth_clone', 'twin');
    await as('auth_clone', 'twin', 'auth', (twin) => twin.query('CREATE TABLE made_by_twin (id int)'));
    await as('auth', 'second', 'auth', async (role) => {
      await role.query('ALTER TABLE made_by_twin ADD COLUMN name text');
      const { rows } = await role.query("SELECT DISTINCT tableowner FROM pg_tables WHERE tablename LIKE 'made_by%'");
      expect(rows).toEqual([{ tableowner: 'auth' }]);
    });
  });

  it('is closed to the roles of other services', async () => {
    await ensure('stream', 'stream', 'other');
    await expect(as('stream', 'other', 'auth', async () => {})).rejects.toThrow(/permission denied for database/);
  });

  it('refuses a secret of somebody else', async () => {
    await expect(ensure('auth', 'root', 'x')).rejects.toThrow('names the user root; expected auth or auth_clone');
  });
});
