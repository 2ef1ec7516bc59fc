import { join } from 'node:path';
import { probes } from '../shared/contract';
import { failWhenExited, type RunningProcess, startProcess } from './child-process';
import type { Environment } from './environments';
import { poll } from './poll';
import type { LocalService } from './port-plan';

export interface ServiceProcess {
  readonly name: LocalService;
  /** `dist/runtime`, as `runtime/build.ts` makes it. */
  readonly buildDirectory: string;
  readonly environment: Environment;
  readonly onLine: (line: string) => void;
}

/** Starts one service as its image does, and waits until it says it is ready. */
export async function startService({
  name,
  buildDirectory,
  environment,
  onLine,
}: ServiceProcess): Promise<RunningProcess> {
  const running = await startProcess({
    name,
    command: { file: process.execPath, arguments: ['--enable-source-maps'] },
    arguments: [join(buildDirectory, name, 'server.js')],
    environment,
    onLine,
  });
  const ready = async () => {
    const answer = await fetch(`http://127.0.0.1:${environment.MANAGEMENT_PORT}${probes.ready}`);
    if (!answer.ok) throw new Error(await answer.text());
  };
  await poll(ready, { what: `${name} becoming ready`, deadlineMs: 45_000, abort: failWhenExited(running) });
  return running;
}
