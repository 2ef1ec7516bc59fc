import { mkdirSync } from 'node:fs';
import { Redis } from 'ioredis';
import { failWhenExited, type RunningProcess, startProcess } from '../child-process';
import { poll } from '../poll';
import type { Installation } from '../provision/types';

export interface RedisOptions {
  readonly installation: Installation;
  readonly dataDirectory: string;
  readonly port: number;
  /** Set, the server is a cluster of one node that owns every slot: production's application Redis is a cluster. */
  readonly clusterBusPort?: number;
  readonly password?: string;
  readonly onLine?: (line: string) => void;
}

const allSlots = [0, 16_383] as const;

export async function startRedisServer(options: RedisOptions): Promise<RunningProcess> {
  const { installation, dataDirectory, port, clusterBusPort, password, onLine } = options;
  mkdirSync(dataDirectory, { recursive: true });
  const running = await startProcess({
    name: 'redis',
    command: installation.command('redis-server', [dataDirectory]),
    arguments: [
      ...['--bind', '127.0.0.1', '--port', String(port), '--dir', dataDirectory, '--appendonly', 'yes'],
      ...(password === undefined ? [] : ['--requirepass', password]),
      ...(clusterBusPort === undefined ? [] : clusterArguments(port, clusterBusPort)),
    ],
    ...(onLine && { onLine }),
  });
  const client = new Redis({ port, host: '127.0.0.1', ...(password !== undefined && { password }), lazyConnect: true });
  client.on('error', () => undefined); // The poll below tells.
  try {
    const wait = { what: 'Redis answering', deadlineMs: 20_000, abort: failWhenExited(running) };
    await poll(() => client.ping(), wait);
    if (clusterBusPort !== undefined) await assignSlots(client, wait);
  } finally {
    client.disconnect();
  }
  return running;
}

function clusterArguments(port: number, busPort: number): string[] {
  return [
    ...['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf', '--cluster-port', String(busPort)],
    ...['--cluster-announce-ip', '127.0.0.1', '--cluster-announce-port', String(port)],
  ];
}

async function assignSlots(client: Redis, wait: Parameters<typeof poll>[1]): Promise<void> {
  const slots = (await client.call('CLUSTER', 'SLOTS')) as unknown[];
  if (slots.length === 0) await client.call('CLUSTER', 'ADDSLOTSRANGE', ...allSlots);
  await poll(async () => {
    const info = String(await client.call('CLUSTER', 'INFO'));
    if (!info.includes('cluster_state:ok')) throw new Error('the cluster is not ready');
  }, wait);
}
