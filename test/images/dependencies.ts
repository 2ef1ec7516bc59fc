import { chownSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Environment, serviceEnvironments } from '../../runtime/local/environments';
import { type LocalService, localServices, type PortPlan, planPorts } from '../../runtime/local/port-plan';
import { openSecrets } from '../../runtime/local/secrets';
import { startMongo, startPostgres, startRedis, startS3 } from '../../runtime/local/testing';
import { forward } from '../cluster/forward';

/** What services need: configured from the start, reachable when `supply` is called. */
export interface Dependencies {
  readonly ports: PortPlan;
  /** Holds the secrets; containers see it. */
  readonly directory: string;
  readonly environments: Readonly<Record<LocalService, Environment>>;
  readonly bootstrapEnvironment: Environment;
  /** Name, version and origin of each server; stand-ins are named. */
  readonly servers: readonly string[];
  supply(): Promise<void>;
  stop(): Promise<void>;
}

/** Away from those of `verify:cluster` and `verify:node`. */
const portBase = 21_200;
/** As the charts give it. */
export const drainSeconds = 20;
/** Where the web image has its pages. */
const pagesInImage = '/app/dist/web';

/**
 * Real servers on ports of their own. Services are told of other ports, where nothing listens until `supply` opens them:
 * a service meets first a dependency that is away, then the same one there.
 */
export async function startDependencies(userId: number): Promise<Dependencies> {
  const ports = planPorts(portBase);
  const directory = mkdtempSync(join(tmpdir(), 'headend-verify-images-'));
  const secrets = openSecrets(join(directory, 'secrets'), localServices);
  const [postgres, redis, mongo, s3] = await Promise.all([startPostgres(), startRedis(), startMongo(), startS3()]);
  const at = (port: number) => `127.0.0.1:${port}`;
  const pages = join(directory, 'pages');
  const environments = serviceEnvironments({
    region: 'us-east-1',
    ports,
    backends: {
      postgres: { writer: at(ports.postgres), readers: [] },
      redis: { url: `redis://${at(ports.redis)}`, cluster: true },
      mongo: { url: `mongodb://${at(ports.mongo)}` },
      s3: { ...s3, endpoint: `http://${at(ports.s3)}` },
      livekit: { url: `http://${at(ports.livekit)}`, ...secrets.livekit },
    },
    secrets,
    ffmpegFile: 'ffmpeg',
    pagesDirectory: pages,
    workDirectory: '/tmp',
  });
  const noUser = secrets.put('no-user.json', { username: 'nobody', password: 'unused' });
  const bootstrapEnvironment = {
    PG_WRITER: at(ports.postgres),
    PG_ADMIN_CREDENTIALS_FILE: secrets.put('postgres-admin.json', postgres.superuser),
    PG_AUTH_CREDENTIALS_FILE: secrets.postgresLogin('auth').file,
    PG_STREAM_CREDENTIALS_FILE: secrets.postgresLogin('stream').file,
    MONGO_URL: `mongodb://${at(ports.mongo)}`,
    MONGO_ADMIN_CREDENTIALS_FILE: noUser,
    MONGO_CHAT_CREDENTIALS_FILE: noUser,
    MONGO_ANALYTICS_CREDENTIALS_FILE: noUser,
    FIRST_ADMIN_FILE: secrets.put('first-admin.json', {
      email: 'admin@example.com',
      handle: 'admin',
      password: 'correct horse battery staple',
    }),
  };
  giveTo(userId, directory);
  const started = [
    [postgres, ports.postgres],
    [redis, ports.redis],
    [mongo, ports.mongo],
    [s3, ports.s3],
  ] as const;
  return {
    ports,
    directory,
    environments,
    bootstrapEnvironment,
    servers: started.map(
      ([
        {
          report: { name, version, origin, standIn },
        },
      ]) => [name, version, `(${origin})`, ...(standIn === undefined ? [] : [`STAND-IN: ${standIn}`])].join(' '),
    ),
    async supply() {
      for (const [{ port }, openPort] of started) await forward({ host: '127.0.0.1', port: openPort }, port);
      symlinkSync(pagesInImage, pages);
    },
    async stop() {
      await Promise.all(started.map(([server]) => server.stop()));
      rmSync(directory, { recursive: true });
    },
  };
}

/** As a pod's secret volume is its group's. */
function giveTo(userId: number, directory: string): void {
  for (const entry of ['.', ...readdirSync(directory, { recursive: true, encoding: 'utf8' })]) {
    chownSync(join(directory, entry), userId, userId);
  }
}
