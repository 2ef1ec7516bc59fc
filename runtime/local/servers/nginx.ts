import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failWhenExited, type RunningProcess, startProcess } from '../child-process';
import { poll } from '../poll';
import type { Installation } from '../provision/types';

export interface NginxOptions {
  readonly installation: Installation;
  readonly directory: string;
  readonly configuration: string;
  /** A listener of the configuration. */
  readonly port: number;
  readonly onLine?: (line: string) => void;
}

export async function startNginx({
  installation,
  directory,
  configuration,
  port,
  onLine,
}: NginxOptions): Promise<RunningProcess> {
  for (const part of ['logs', 'cache', 'temporary']) mkdirSync(join(directory, part), { recursive: true });
  const file = join(directory, 'nginx.conf');
  writeFileSync(file, configuration);
  const running = await startProcess({
    name: 'nginx',
    command: installation.command('nginx', [directory]),
    arguments: ['-p', directory, '-c', file],
    orphanSignal: 'SIGTERM', // Workers outlive a master that is killed.
    ...(onLine && { onLine }),
  });
  const answers = async () => {
    await fetch(`http://127.0.0.1:${port}/`, { redirect: 'manual' });
  };
  await poll(answers, { what: 'nginx answering', deadlineMs: 10_000, abort: failWhenExited(running) });
  return running;
}
