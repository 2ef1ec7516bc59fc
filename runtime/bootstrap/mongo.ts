import { MongoClient, type MongoClientOptions, MongoServerError } from 'mongodb';
import type { Login } from './postgres';

export interface MongoServer {
  readonly url: string;
  readonly options: MongoClientOptions;
}

/** "Authentication failed." */
const authenticationFailed = 18;

/**
 * Makes a user that may read and write one database, or gives it the password it should have. A user that can already
 * log in is left alone: where the provider makes users itself (Atlas), it refuses to be told how.
 */
export async function ensureUser(server: MongoServer, admin: Login, database: string, user: Login): Promise<void> {
  if (await canLogIn(server, user, database)) return;
  const roles = [{ role: 'readWrite', db: database }];
  await withClient(server, admin, async (client) => {
    const { users } = await client.db('admin').command({ usersInfo: user.username });
    const command = (users as unknown[]).length === 0 ? 'createUser' : 'updateUser';
    await client.db('admin').command({ [command]: user.username, pwd: user.password, roles });
  });
}

async function canLogIn(server: MongoServer, user: Login, database: string): Promise<boolean> {
  try {
    await withClient(server, user, (client) => client.db(database).command({ ping: 1 }));
    return true;
  } catch (error) {
    if (error instanceof MongoServerError && error.code === authenticationFailed) return false;
    throw error;
  }
}

async function withClient(
  { url, options }: MongoServer,
  auth: Login,
  work: (client: MongoClient) => Promise<unknown>,
): Promise<void> {
  const client = new MongoClient(url, { ...options, auth, authSource: 'admin', serverSelectionTimeoutMS: 10_000 });
  try {
    await client.connect();
    await work(client);
  } finally {
    await client.close();
  }
}
