import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { poll } from '../../../runtime/local/poll';
import type { ReadyFile } from '../../../runtime/local/ready-file';

export interface RunningPlatform extends ReadyFile {
  readonly dataDirectory: string;
  /** What `npm start` has printed so far. */
  output(): string;
  /** Stops it as Ctrl-C does. Rejects when it had to be killed. */
  stop(): Promise<void>;
}

const startDeadlineMs = 15 * 60_000;
const stopDeadlineMs = 20_000;

/** Runs the platform exactly as `npm start` does, on its own ports and in a data directory that `stop` removes. */
export async function startPlatform(portBase: number, options: readonly string[] = []): Promise<RunningPlatform> {
  const scratch = mkdtempSync(join(tmpdir(), 'headend-e2e-'));
  const readyFile = join(scratch, 'ready.json');
  const dataDirectory = join(scratch, 'data');
  const child = spawn(
    process.execPath,
    [
      ...['--import', 'tsx', resolve(__dirname, '../../../runtime/local/start.ts')],
      ...['--port-base', String(portBase), '--ready-file', readyFile, '--data-directory', dataDirectory],
      ...options,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  const keep = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);

  const ready = await poll(
    async () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
      if (!existsSync(readyFile)) throw new Error('there is no ready file');
      return JSON.parse(readFileSync(readyFile, 'utf8')) as ReadyFile;
    },
    { what: 'the start of the platform', deadlineMs: startDeadlineMs, intervalMs: 200, abort: diesEarly(child) },
  ).catch((error: Error) => {
    child.kill('SIGTERM');
    throw new Error(`${error.message}\n${output}`);
  });
  return {
    ...ready,
    dataDirectory,
    output: () => output,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGINT');
      const deadline = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs);
      const [code] = await ended;
      clearTimeout(deadline);
      rmSync(scratch, { recursive: true, force: true });
      if (code !== 0) throw new Error(`the platform ended with ${code}\n${output}`);
    },
  };
}

/** Rejects when the child ends; a start that died is not worth waiting for. */
function diesEarly(child: ChildProcess): Promise<never> {
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`npm start ended with ${code}`);
  });
  died.catch(() => undefined);
  return died;
}
