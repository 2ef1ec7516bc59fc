import { readFileSync } from 'node:fs';
import pg, { type ClientBase, type PoolClient, type QueryResultRow } from 'pg';
import { credentialsSecret, readSecret } from './environment';
import type { Logger } from './log';
import { isOutage } from './outage';
import { repeat } from './repeat';

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
  /** One of the writer's connections for as long as `work` takes: session locks. */
  withConnection<T>(work: (connection: Queryable) => Promise<T>): Promise<T>;
  /** The same as the driver's own client, whose statements may take as long as they like: migrations. */
  withUntimedClient<T>(work: (client: ClientBase) => Promise<T>): Promise<T>;
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

  const positions = new LogPositions();
  const check = async () => {
    await positions.note(writer).catch(() => {});
    const required = positions.required(Date.now());
    await Promise.all(
      replicas.map(async (replica) => {
        const healthy = await positionOf(replica.pool, 'pg_last_wal_replay_lsn').then(
          (position) => position >= required,
          () => false,
        );
        if (healthy !== replica.healthy) log.info({ replica: replica.endpoint, healthy }, 'read replica changed');
        replica.healthy = healthy;
      }),
    );
  };
  const checks = replicas.length > 0 ? repeat(check, replicaCheckMs) : undefined;

  let turn = 0;
  const reader: Queryable = {
    async query<Row extends QueryResultRow>(text: string, values?: readonly unknown[]) {
      const healthy = replicas.filter((replica) => replica.healthy);
      const replica = healthy[turn++ % Math.max(1, healthy.length)];
      if (!replica) return run<Row>(writer, text, values);
      try {
        return await run<Row>(replica.pool, text, values);
      } catch (error) {
        if (!isOutage(error)) throw error;
        replica.healthy = false;
        return run<Row>(writer, text, values);
      }
    },
  };

  return {
    query: (text, values) => run(writer, text, values),
    reader,
    transaction: (work) => transaction(writer, work),
    withConnection: (work) => withClient(writer, (client) => work(queryable(client))),
    withUntimedClient: (work) =>
      withClient(writer, async (client) => {
        await client.query('SET statement_timeout = 0');
        try {
          return await work(client);
        } finally {
          await client.query('RESET statement_timeout');
        }
      }),
    async ping() {
      await run(writer, 'SELECT 1');
    },
    async close() {
      await checks?.stop();
      await Promise.all([writer, ...replicas.map(({ pool }) => pool)].map((pool) => pool.end()));
    },
  };
}

interface Pool {
  acquire(): Promise<PoolClient>;
  end(): Promise<void>;
}

function openPool(endpoint: string, settings: PostgresSettings, log: Logger): Pool {
  const [host = '', port = ''] = endpoint.split(':');
  const pool = new pg.Pool({
    host,
    port: Number(port),
    database: settings.PG_DATABASE,
    max: 10,
    connectionTimeoutMillis: 3_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: longestAnswerMs,
    keepAlive: true,
    ...(settings.PG_CA_FILE !== undefined && {
      ssl: { ca: readFileSync(settings.PG_CA_FILE, 'utf8'), rejectUnauthorized: true },
    }),
  });
  // node-postgres reads these at each new connection. An alternating-user rotation changes the name too, for which it
  // has no hook of its own.
  const readCredentials = () => {
    const { username, password } = readSecret(settings.PG_CREDENTIALS_FILE, credentialsSecret);
    Object.assign(pool.options, { user: username, password });
  };
  readCredentials();
  pool.on('error', (error) => log.warn({ err: error, endpoint }, 'idle PostgreSQL connection failed'));
  return {
    async acquire() {
      try {
        return await pool.connect();
      } catch (error) {
        if (!isAuthenticationError(error)) throw error;
        readCredentials();
        return pool.connect();
      }
    },
    end: () => pool.end(),
  };
}

async function withClient<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.acquire();
  let broken = false;
  // A connection that breaks also says so by an event, which nobody else hears while the connection is ours.
  const onError = () => {
    broken = true;
  };
  client.on('error', onError);
  try {
    return await work(client);
  } catch (error) {
    broken ||= isOutage(error);
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

/** A server that hangs says nothing: the statement's own limit is the server's, this one is ours. */
const longestAnswerMs = 5_000;

const queryable = (client: PoolClient): Queryable => ({
  async query<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []) {
    const timed = { text, values: [...values], query_timeout: longestAnswerMs };
    return (await client.query<Row>(timed)).rows;
  },
});

const run = <Row extends QueryResultRow>(pool: Pool, text: string, values?: readonly unknown[]): Promise<Row[]> =>
  withClient(pool, (client) => queryable(client).query<Row>(text, values));

function transaction<T>(pool: Pool, work: (connection: Queryable) => Promise<T>): Promise<T> {
  return withClient(pool, async (client) => {
    const connection = queryable(client);
    await connection.query('BEGIN');
    try {
      const result = await work(connection);
      await connection.query('COMMIT');
      return result;
    } catch (error) {
      // On a broken connection there is nothing to roll back, and the first error is the one to tell.
      if (!isOutage(error)) await connection.query('ROLLBACK').catch(() => {});
      throw error;
    }
  });
}

/**
 * Lag without privileges and without a heartbeat table: the writer's log position is noted every second, and a replica
 * that has replayed what the writer had {@link longestLagSeconds} ago is fresh. A replica cut off from its writer falls
 * behind like any other; while the writer is away nothing can be missed, and replicas keep their standing.
 */
class LogPositions {
  private readonly noted: { readonly atMs: number; readonly position: bigint }[] = [];

  async note(writer: Pool): Promise<void> {
    const atMs = Date.now();
    this.noted.push({ atMs, position: await positionOf(writer, 'pg_current_wal_lsn') });
  }

  /** What a replica must have replayed at `nowMs`. */
  required(nowMs: number): bigint {
    while (this.noted[1] && this.noted[1].atMs <= nowMs - longestLagSeconds * 1_000) this.noted.shift();
    const [oldest] = this.noted;
    return oldest && oldest.atMs <= nowMs - longestLagSeconds * 1_000 ? oldest.position : 0n;
  }
}

async function positionOf(pool: Pool, read: 'pg_current_wal_lsn' | 'pg_last_wal_replay_lsn'): Promise<bigint> {
  const [row] = await run<{ position: string }>(pool, `SELECT (${read}() - '0/0'::pg_lsn)::text AS position`);
  return BigInt(row?.position ?? 0);
}

const codeOf = (error: unknown) => String((error as { code?: unknown } | undefined)?.code ?? '');

/** SQLSTATE class 28: the role or its password is refused. */
export const isAuthenticationError = (error: unknown): boolean => codeOf(error).startsWith('28');

/** SQLSTATE 23505. */
export const isUniqueViolation = (error: unknown): boolean => codeOf(error) === '23505';
