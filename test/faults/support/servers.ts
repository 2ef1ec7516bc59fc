import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { RunningProcess } from '../../../runtime/local/child-process';
import { freePort } from '../../../runtime/local/ports';
import { resolveServer } from '../../../runtime/local/provision/resolve';
import { servers } from '../../../runtime/local/provision/table';
import { startMongoServer } from '../../../runtime/local/servers/mongo';
import { startRedisServer } from '../../../runtime/local/servers/redis';
import { until } from '../../chat/support/chat-pod';

/** A real server that a test may kill, freeze and start again on the same port with the same data. */
export interface FaultyServer {
  readonly port: number;
  readonly url: string;
  /** SIGKILL: no goodbye, no last write. */
  kill(): Promise<void>;
  /** SIGTERM: it writes what it has and goes. */
  shutDown(): Promise<void>;
  /** SIGSTOP: connections stay and nothing answers. */
  freeze(): void;
  thaw(): void;
  start(): Promise<void>;
  remove(): Promise<void>;
}

function faulty(port: number, scheme: string, begin: (directory: string) => Promise<RunningProcess>): FaultyServer {
  const directory = mkdtempSync(join(tmpdir(), 'headend-fault-'));
  let running: RunningProcess | undefined;
  const signal = (name: NodeJS.Signals) => running && process.kill(running.pid, name);
  const end = (name: NodeJS.Signals) => async () => {
    signal(name);
    await running?.exited;
    running = undefined;
  };
  const kill = end('SIGKILL');
  return {
    port,
    url: `${scheme}://127.0.0.1:${port}`,
    kill,
    shutDown: end('SIGTERM'),
    freeze: () => void signal('SIGSTOP'),
    thaw: () => void signal('SIGCONT'),
    async start() {
      running = await begin(directory);
    },
    async remove() {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function installed(key: 'redis' | 'mongo') {
  const resolved = await resolveServer(servers[key], () => undefined, {});
  if (resolved.kind === 'url') throw new Error(`${key} is not ours to break`);
  return resolved.installation;
}

export async function startFaultyRedis({ cluster = true } = {}): Promise<FaultyServer> {
  const installation = await installed('redis');
  const port = await freePort();
  const bus = cluster ? { clusterBusPort: await freePort() } : {};
  const server = faulty(port, 'redis', (dataDirectory) =>
    startRedisServer({ installation, dataDirectory, port, ...bus }),
  );
  await server.start();
  return server;
}

export async function startFaultyMongo(): Promise<FaultyServer> {
  const installation = await installed('mongo');
  const port = await freePort();
  const server = faulty(port, 'mongodb', (dataDirectory) => startMongoServer({ installation, dataDirectory, port }));
  await server.start();
  return server;
}

export interface RedisPair {
  readonly primary: FaultyServer;
  readonly replica: FaultyServer;
  /** Makes the replica the primary, whatever the other thinks. */
  promote(): Promise<void>;
  remove(): Promise<void>;
}

/** A primary that owns every slot of a cluster, and its replica. */
export async function startRedisPair(): Promise<RedisPair> {
  const [primary, replica] = [await startFaultyRedis(), await startFaultyReplica()];
  const client = new Redis(replica.port, '127.0.0.1');
  const onPrimary = new Redis(primary.port, '127.0.0.1');
  onPrimary.on('error', () => undefined);
  const id = String(await onPrimary.call('CLUSTER', 'MYID'));
  const busPort = /@(\d+)/.exec(String(await onPrimary.call('CLUSTER', 'NODES')))?.[1] ?? '';
  await client.call('CLUSTER', 'MEET', '127.0.0.1', String(primary.port), busPort);
  await until('they have met', async () => String(await client.call('CLUSTER', 'NODES')).includes(id));
  await until('it replicates', () =>
    client.call('CLUSTER', 'REPLICATE', id).then(
      () => true,
      () => false,
    ),
  );
  await until(
    'the replica is level',
    async () => (await client.info('replication')).includes('master_link_status:up'),
    15_000,
  );
  await until('clients are told of the replica', async () =>
    JSON.stringify(await onPrimary.call('CLUSTER', 'SLOTS')).includes(String(replica.port)),
  );
  onPrimary.disconnect();
  return {
    primary,
    replica,
    async promote() {
      await client.call('CLUSTER', 'FAILOVER', 'TAKEOVER');
      await until('it leads', async () => (await client.info('replication')).includes('role:master'));
    },
    async remove() {
      client.disconnect();
      await primary.remove();
      await replica.remove();
    },
  };
}

/** A cluster server without slots. */
async function startFaultyReplica(): Promise<FaultyServer> {
  const installation = await installed('redis');
  const port = await freePort();
  const clusterBusPort = await freePort();
  const server = faulty(port, 'redis', (dataDirectory) =>
    startRedisServer({ installation, dataDirectory, port, clusterBusPort }),
  );
  await server.start();
  const client = new Redis(port, '127.0.0.1');
  await client.call('CLUSTER', 'FLUSHSLOTS');
  client.disconnect();
  return server;
}
