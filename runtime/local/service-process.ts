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

/** What node is given before a service's file: that of its image's CMD. */
export function nodeArguments(service: string): readonly string[] {
  // Media in buffers counts for V8's old generation: below this size, in MB, it does not mark its whole heap for them.
  const roomForMedia = service === 'packager' ? ['--initial-old-space-size=128'] : [];
  return ['--enable-source-maps', ...roomForMedia];
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
    command: { file: process.execPath, arguments: nodeArguments(name) },
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
