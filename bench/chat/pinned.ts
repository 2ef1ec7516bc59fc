import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { cpuSecondsOf } from '../../runtime/shared/cpu-time';

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

/** A child's messages, kept from its start: one that comes before it is waited for is not lost. */
export class Inbox<T extends { readonly type: string }> {
  private readonly arrived: T[] = [];
  private wake: () => void = () => undefined;
  private ended: string | undefined;

  constructor(child: ChildProcess) {
    child.on('message', (message) => {
      this.arrived.push(message as T);
      this.wake();
    });
    child.once('exit', (code, signal) => {
      this.ended = `the process ended with ${code ?? signal}`;
      this.wake();
    });
  }

  /** Takes the oldest message of this type; rejects when the process ends without one. */
  async take<K extends T['type']>(type: K): Promise<Extract<T, { readonly type: K }>> {
    for (;;) {
      const index = this.arrived.findIndex((message) => message.type === type);
      if (index >= 0) return this.arrived.splice(index, 1)[0] as Extract<T, { readonly type: K }>;
      if (this.ended !== undefined) throw new Error(`${this.ended} before "${type}"`);
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
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

/** CPU seconds that a running process has used. */
export function cpuSeconds(pid: number): number {
  const seconds = cpuSecondsOf(pid);
  if (seconds === undefined) throw new Error(`process ${pid} has gone`);
  return seconds;
}

export function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024;
}
