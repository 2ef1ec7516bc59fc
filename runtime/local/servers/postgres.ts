import { chownSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import pg from 'pg';
import { failWhenExited, type RunningProcess, startProcess, unprivilegedId } from '../child-process';
import { poll } from '../poll';
import type { Installation } from '../provision/types';

export interface PostgresOptions {
  readonly installation: Installation;
  /** Holds one directory per server. Kept between runs: the writer's. */
  readonly dataDirectory: string;
  readonly port: number;
  readonly superuser: PostgresLogin;
  /** Turns durability off, for tests whose data nobody wants back. */
  readonly ephemeral?: boolean;
  readonly onLine?: (line: string) => void;
}

export interface PostgresLogin {
  readonly username: string;
  readonly password: string;
}

export async function startWriter(options: PostgresOptions): Promise<RunningProcess> {
  const data = join(options.dataDirectory, 'writer');
  if (!existsSync(join(data, 'PG_VERSION'))) await initialise(options, data);
  return serve('postgres', options, data);
}

/** @param options of the reader: its own port, the same installation, data directory and superuser */
export async function startReader(options: PostgresOptions, writerPort: number): Promise<RunningProcess> {
  const data = join(options.dataDirectory, 'reader');
  await cloneWriter(options, writerPort, join(options.dataDirectory, 'writer'), data);
  return serve('postgres-reader', options, data);
}

async function initialise(
  { installation, dataDirectory, superuser, onLine }: PostgresOptions,
  data: string,
): Promise<void> {
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const passwordFile = join(dataDirectory, 'initial-password');
  writeFileSync(passwordFile, superuser.password, { mode: 0o600 });
  giveAway(data);
  try {
    const initdb = await startProcess({
      name: 'initdb',
      command: installation.command('initdb', [dataDirectory]),
      arguments: [
        ...['--pgdata', data, '--username', superuser.username, '--pwfile', passwordFile],
        ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--no-locale', '--no-sync'],
      ],
      withoutRoot: true,
      ...(onLine && { onLine }),
    });
    const { code, lastLines } = await initdb.exited;
    if (code !== 0) throw new Error(['PostgreSQL could not make its data directory', ...lastLines].join('\n  '));
  } catch (error) {
    rmSync(data, { recursive: true, force: true });
    throw error;
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

async function serve(name: string, options: PostgresOptions, data: string): Promise<RunningProcess> {
  const { installation, dataDirectory, port, superuser, ephemeral = false, onLine } = options;
  // We hold the run's lock: a pid file here is of a server that was killed, and its number may be someone else's now.
  rmSync(join(data, 'postmaster.pid'), { force: true });
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '200',
    ...(ephemeral && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  const running = await startProcess({
    name,
    command: installation.command('postgres', [dataDirectory]),
    arguments: ['-D', data, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
    withoutRoot: true,
    orphanSignal: 'SIGINT',
    stopSignal: 'SIGINT', // Fast shutdown: open transactions are rolled back instead of waited for.
    ...(onLine && { onLine }),
  });
  await poll(() => withClient(`127.0.0.1:${port}`, superuser, (client) => client.query('SELECT 1')), {
    what: `${name} answering`,
    deadlineMs: 30_000,
    abort: failWhenExited(running),
  });
  return running;
}

/**
 * Base backup by SQL (PostgreSQL manual, "Making a Base Backup Using the Low Level API"): `pg_basebackup` is not in
 * every installation. The reader is cloned anew at each start, so it can never have fallen too far behind.
 */
async function cloneWriter(options: PostgresOptions, writerPort: number, from: string, to: string): Promise<void> {
  const { superuser } = options;
  rmSync(to, { recursive: true, force: true });
  await withClient(`127.0.0.1:${writerPort}`, superuser, async (client) => {
    await client.query(`SELECT pg_backup_start('headend-reader', fast => true)`);
    cpSync(from, to, { recursive: true, filter: (source) => isCopied(relative(from, source)) });
    const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
    writeFileSync(join(to, 'backup_label'), rows[0]?.labelfile ?? '');
  });
  const target = `host=127.0.0.1 port=${writerPort} user=${superuser.username} password=${superuser.password}`;
  writeFileSync(join(to, 'postgresql.auto.conf'), `primary_conninfo = '${target}'\n`, { mode: 0o600 });
  writeFileSync(join(to, 'standby.signal'), '');
  giveAway(to);
}

/** Everything but the write-ahead log's contents and what belongs to the running process. */
function isCopied(path: string): boolean {
  const insideLog = /^pg_wal\/./.test(path) && path !== 'pg_wal/archive_status';
  return !insideLog && !['postmaster.pid', 'postmaster.opts'].includes(basename(path));
}

/** Hands a directory to the user that PostgreSQL runs as, when we are root. */
function giveAway(directory: string): void {
  if (process.getuid?.() !== 0) return;
  const entries = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((entry) => join(directory, entry));
  for (const path of [directory, ...entries]) chownSync(path, unprivilegedId, unprivilegedId);
}

export async function withClient<T>(
  /** `host:port` */
  endpoint: string,
  { username, password }: PostgresLogin,
  work: (client: pg.Client) => Promise<T>,
  database = 'postgres',
): Promise<T> {
  const [host = '', port] = endpoint.split(':');
  const client = new pg.Client({ host, port: Number(port), user: username, password, database });
  client.on('error', () => undefined); // The query that was running rejects.
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Makes a role that owns one database of its own and reaches no other. Repeats do nothing. */
export async function createRoleWithDatabase(
  endpoint: string,
  superuser: PostgresLogin,
  role: PostgresLogin,
): Promise<void> {
  const name = pg.escapeIdentifier(role.username);
  await withClient(endpoint, superuser, async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role.username]);
    if (!rowCount) await client.query(`CREATE ROLE ${name} LOGIN`);
    await client.query(`ALTER ROLE ${name} PASSWORD ${pg.escapeLiteral(role.password)}`);
    const existing = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [role.username]);
    if (!existing.rowCount) await client.query(`CREATE DATABASE ${name} OWNER ${name}`);
    await client.query(`REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC`);
  });
}
