import { readFileSync } from 'node:fs';
import pg, { type Pool as PgPool, type PoolClient, type QueryResultRow } from 'pg';
import { credentialsSecret, readSecret } from './environment';
import type { Logger } from './log';

export interface PostgresSettings {
  readonly PG_WRITER: string;
  readonly PG_READERS: readonly string[];
  readonly PG_DATABASE: string;
  readonly PG_CREDENTIALS_FILE: string;
  readonly PG_CA_FILE?: string | undefined;
}

export interface Queryable {
  query<Row extends QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** One writer and any number of readers. A reader that is down or lags is left out; the writer stands in. */
export interface Database extends Queryable {
  /** For reads that tolerate {@link longestLagSeconds} of lag. */
  readonly reader: Queryable;
  transaction<T>(work: (connection: Queryable) => Promise<T>): Promise<T>;
  /** Throws when the writer does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** A replica further behind than this is not read. */
export const longestLagSeconds = 2;

const replicaCheckMs = 1_000;

export function connectDatabase(settings: PostgresSettings, log: Logger): Database {
  const writer = openPool(settings.PG_WRITER, settings, log);
  const replicas = settings.PG_READERS.map((endpoint) => ({
    endpoint,
    pool: openPool(endpoint, settings, log),
    healthy: false,
  }));

  const check = async () => {
    await Promise.all(
      replicas.map(async (replica) => {
        const healthy = await isFresh(replica.pool);
        if (healthy !== replica.healthy) log.info({ replica: replica.endpoint, healthy }, 'read replica changed');
        replica.healthy = healthy;
      }),
    );
  };
  const timer = setInterval(() => void check(), replicaCheckMs);
  timer.unref();
  if (replicas.length > 0) void check();

  let turn = 0;
  const reader: Queryable = {
    async query<Row extends QueryResultRow>(text: string, values?: readonly unknown[]) {
      const healthy = replicas.filter((replica) => replica.healthy);
      const replica = healthy[turn++ % Math.max(1, healthy.length)];
      if (!replica) return run<Row>(writer, text, values);
      try {
        return await run<Row>(replica.pool, text, values);
      } catch (error) {
        if (!isConnectionError(error)) throw error;
        replica.healthy = false;
        return run<Row>(writer, text, values);
      }
    },
  };

  return {
    query: (text, values) => run(writer, text, values),
    reader,
    transaction: (work) => transaction(writer, work),
    async ping() {
      await writer.query('SELECT 1');
    },
    async close() {
      clearInterval(timer);
      await Promise.all([writer, ...replicas.map(({ pool }) => pool)].map((pool) => pool.end()));
    },
  };
}

function openPool(endpoint: string, settings: PostgresSettings, log: Logger): PgPool {
  const [host = '', port = ''] = endpoint.split(':');
  // node-postgres asks for the password at each new connection, so a rotated file is used without a restart; the
  // user name of an alternating-user rotation changes too, hence the pool's own connect step below.
  const pool = new pg.Pool({
    host,
    port: Number(port),
    database: settings.PG_DATABASE,
    max: 10,
    connectionTimeoutMillis: 3_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 10_000,
    ...(settings.PG_CA_FILE !== undefined && {
      ssl: { ca: readFileSync(settings.PG_CA_FILE, 'utf8'), rejectUnauthorized: true },
    }),
  });
  const options = pool.options as { user?: string; password?: string };
  const readCredentials = () => {
    const { username, password } = readSecret(settings.PG_CREDENTIALS_FILE, credentialsSecret);
    Object.assign(options, { user: username, password });
  };
  readCredentials();
  const connect = pool.connect.bind(pool) as () => Promise<PoolClient>;
  pool.connect = (async () => {
    try {
      return await connect();
    } catch (error) {
      if (!isAuthenticationError(error)) throw error;
      readCredentials();
      return connect();
    }
  }) as PgPool['connect'];
  pool.on('error', (error) => log.warn({ err: error, endpoint }, 'idle PostgreSQL connection failed'));
  return pool;
}

async function run<Row extends QueryResultRow>(
  pool: PgPool | PoolClient,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  if (!(pool instanceof pg.Pool)) return (await pool.query<Row>(text, [...values])).rows;
  const client = await pool.connect();
  try {
    return (await client.query<Row>(text, [...values])).rows;
  } finally {
    client.release();
  }
}

async function transaction<T>(pool: PgPool, work: (connection: Queryable) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work({ query: (text, values) => run(client, text, values) });
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((rollbackError: Error) => {
      broken = rollbackError;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

const lagQuery = `
  SELECT pg_is_in_recovery() AS replica,
         CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
              ELSE COALESCE(EXTRACT(EPOCH FROM now() - pg_last_xact_replay_timestamp()), 1e9) END AS lag
`;

async function isFresh(pool: PgPool): Promise<boolean> {
  try {
    const [row] = await run<{ replica: boolean; lag: string }>(pool, lagQuery);
    return row !== undefined && Number(row.lag) <= longestLagSeconds;
  } catch {
    return false;
  }
}

const codeOf = (error: unknown) => String((error as { code?: unknown } | undefined)?.code ?? '');

/** SQLSTATE class 28: the role or its password is refused. */
export const isAuthenticationError = (error: unknown): boolean => codeOf(error).startsWith('28');

/** Class 08 and 57P0x, and the socket's own errors: the server is away, not the statement wrong. */
export function isConnectionError(error: unknown): boolean {
  const code = codeOf(error);
  return /^(08|57P0|ECONN|EPIPE|ETIMEDOUT|EHOST)/.test(code) || /terminated|timeout/i.test(String(error));
}

/** SQLSTATE 23505. */
export const isUniqueViolation = (error: unknown): boolean => codeOf(error) === '23505';
