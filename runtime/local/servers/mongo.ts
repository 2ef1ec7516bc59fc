import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { failWhenExited, type RunningProcess, startProcess } from '../child-process';
import { poll } from '../poll';
import type { Installation } from '../provision/types';

export interface MongoOptions {
  readonly installation: Installation;
  readonly dataDirectory: string;
  readonly port: number;
  readonly onLine?: (line: string) => void;
}

export async function startMongoServer({
  installation,
  dataDirectory,
  port,
  onLine,
}: MongoOptions): Promise<RunningProcess> {
  const data = join(dataDirectory, installation.standIn === undefined ? 'mongod' : 'stand-in');
  mkdirSync(data, { recursive: true });
  const running = await startProcess({
    name: 'mongo',
    command: installation.command('mongod', [data]),
    arguments: ['--bind_ip', '127.0.0.1', '--port', String(port), '--dbpath', data],
    ...(onLine && { onLine }),
  });
  const probe = async () => {
    const client = new MongoClient(`mongodb://127.0.0.1:${port}`, { serverSelectionTimeoutMS: 1_000 });
    try {
      await client.db('admin').command({ ping: 1 });
    } finally {
      await client.close();
    }
  };
  await poll(probe, { what: 'the document store answering', deadlineMs: 30_000, abort: failWhenExited(running) });
  return running;
}
