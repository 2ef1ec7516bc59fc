import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

export interface ForkedPod {
  readonly process: ChildProcess;
  readonly url: string;
}

/** A chat pod in a process of its own, with one open room. */
export async function forkPod(servers: unknown, room: string, name: string): Promise<ForkedPod> {
  const child = fork(join(__dirname, 'pod-process.ts'), [JSON.stringify(servers), room, name], {
    execArgv: ['--import', 'tsx'],
  });
  const { url } = await new Promise<{ url: string }>((resolve, reject) => {
    child.once('message', (message) => resolve(message as { url: string }));
    child.once('exit', (code) => reject(new Error(`the pod ended with ${code}`)));
  });
  return { process: child, url };
}
