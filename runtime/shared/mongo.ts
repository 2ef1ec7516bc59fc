import { type Db, MongoClient, type MongoClientOptions, MongoServerError } from 'mongodb';
import { credentialsSecret, readSecret } from './environment';
import type { Logger } from './log';

export interface MongoSettings {
  readonly MONGO_URL: string;
  readonly MONGO_DATABASE: string;
  readonly MONGO_CREDENTIALS_FILE?: string | undefined;
  readonly MONGO_CA_FILE?: string | undefined;
}

export interface Mongo {
  /** Runs one operation; when the password was rotated, once more with the one that is mounted now. */
  run<T>(operation: (database: Db) => Promise<T>): Promise<T>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the document store. Never throws for an unreachable server: operations fail, readiness tells. */
export function connectMongo(settings: MongoSettings, log: Logger): Mongo {
  let connecting: Promise<MongoClient> | undefined;
  /** A client whose first connection failed stays closed for good: the next operation gets a new one. */
  const connected = (): Promise<MongoClient> => {
    if (connecting) return connecting;
    const attempt = connect(settings);
    connecting = attempt;
    attempt.catch(() => forget(attempt));
    return attempt;
  };
  const forget = (attempt: Promise<MongoClient>): void => {
    if (connecting === attempt) connecting = undefined;
  };

  const run = async <T>(operation: (database: Db) => Promise<T>): Promise<T> => {
    const attempt = connected();
    const client = await attempt;
    try {
      return await operation(client.db(settings.MONGO_DATABASE));
    } catch (error) {
      if (!isAuthenticationFailure(error)) throw error;
      log.warn('the document store refused our password; reading it again');
      forget(attempt);
      void client.close().catch(() => undefined);
      return operation((await connected()).db(settings.MONGO_DATABASE));
    }
  };
  return {
    run,
    ping: async () => {
      await run((database) => database.command({ ping: 1 }));
    },
    async close() {
      const client = await connecting?.catch(() => undefined);
      await client?.close();
    },
  };
}

async function connect(settings: MongoSettings): Promise<MongoClient> {
  const client = open(settings);
  try {
    return await client.connect();
  } catch (error) {
    await client.close().catch(() => undefined);
    throw error;
  }
}

/** Only what MongoDB, Amazon DocumentDB and compatible servers share: DocumentDB has no retryable writes. */
const portable: MongoClientOptions = {
  retryWrites: false,
  serverSelectionTimeoutMS: 2_000,
  connectTimeoutMS: 3_000,
  socketTimeoutMS: 10_000,
  maxPoolSize: 20,
};

function open({ MONGO_URL, MONGO_CREDENTIALS_FILE, MONGO_CA_FILE }: MongoSettings): MongoClient {
  return new MongoClient(MONGO_URL, {
    ...portable,
    ...(MONGO_CREDENTIALS_FILE !== undefined && { auth: login(MONGO_CREDENTIALS_FILE) }),
    ...(MONGO_CA_FILE !== undefined && { tls: true, tlsCAFile: MONGO_CA_FILE }),
  });
}

function login(file: string): { username: string; password: string } {
  const { username = '', password } = readSecret(file, credentialsSecret);
  return { username, password };
}

const authenticationFailed = 18;

function isAuthenticationFailure(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === authenticationFailed;
}
