import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Server and load client each have a core of their own, where the machine has two. */
export const cores = { server: 0, client: 1 } as const;

export interface Program {
  readonly file: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Node programs have a channel to their parent. */
  readonly hasChannel: boolean;
}

export function startPinned(program: Program, core: number): ChildProcess {
  const child = spawn('taskset', ['-c', String(core), program.file, ...program.arguments], {
    env: { ...process.env, ...program.environment },
    stdio: program.hasChannel ? ['ignore', 'inherit', 'inherit', 'ipc'] : ['ignore', 'inherit', 'inherit'],
  });
  return child;
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

/** The child's next message that is of this type; rejects when it ends first. */
export function heard<T extends { readonly type: string }, K extends T['type']>(
  child: ChildProcess,
  type: K,
): Promise<Extract<T, { readonly type: K }>> {
  return new Promise((resolve, reject) => {
    const listen = (message: unknown) => {
      if ((message as T).type !== type) return;
      child.off('message', listen);
      child.off('exit', fail);
      resolve(message as Extract<T, { readonly type: K }>);
    };
    const fail = (code: number | null) => reject(new Error(`the process ended with ${code} before "${type}"`));
    child.on('message', listen);
    child.once('exit', fail);
  });
}

export async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = createConnection(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
    if (open) return;
    await pause(50);
  }
  throw new Error(`nothing listens on port ${port}`);
}

const ticksPerSecond = Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout);

/** CPU seconds that a process has used, from Linux's /proc. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

export function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024;
}
