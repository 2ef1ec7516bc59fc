import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run as headend } from '../../lib/cli/run';
import { poll } from '../../runtime/local/poll';
import { isFree } from '../../runtime/local/ports';
import { isAlive } from '../../runtime/local/provision/cache';
import type { ReadyFile } from '../../runtime/local/ready-file';

jest.setTimeout(300_000);

const repository = resolve(__dirname, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'headend-start-'));
const data = join(scratch, 'data');
const readyFile = join(scratch, 'ready.json');
const portBase = '20400';

interface Run {
  readonly child: ChildProcess;
  /** Everything it printed so far. */
  output(): string;
  readonly exitCode: Promise<number | null>;
}

const running = new Set<ChildProcess>();

function start(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Run {
  const child = spawn('npm', ['start', '--', ...args], {
    cwd: repository,
    env: { ...process.env, NODE_ENV: 'test', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const exitCode = new Promise<number | null>((done) => child.once('close', (code) => done(code)));
  void exitCode.then(() => running.delete(child));
  return { child, output: () => output, exitCode };
}

async function untilReady(run: Run): Promise<ReadyFile> {
  const ended = run.exitCode.then((code): never => {
    throw new Error(`it ended with ${code}:\n${run.output()}`);
  });
  ended.catch(() => undefined);
  await poll(
    async () => {
      if (!existsSync(readyFile)) throw new Error('no ready file');
    },
    { what: 'the ready file', deadlineMs: 240_000, abort: ended },
  );
  return JSON.parse(readFileSync(readyFile, 'utf8')) as ReadyFile;
}

/** Every process below this one, however deep. */
function descendants(pid: number): number[] {
  const table = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const children = table.filter(([, parent]) => parent === pid).map(([child = 0]) => child);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

const untilGone = (processes: readonly number[], deadlineMs: number) =>
  poll(
    async () => {
      const left = processes.filter(isAlive);
      if (left.length > 0) throw new Error(`processes ${left.join(', ')} are left`);
    },
    { what: 'the end of every process', deadlineMs },
  );

const platform = () => start(['--port-base', portBase, '--data-directory', data, '--ready-file', readyFile]);

afterAll(async () => {
  for (const child of running) child.kill('SIGTERM');
  await poll(
    async () => {
      if (running.size > 0) throw new Error('a run is still there');
    },
    { what: 'the end of every run', deadlineMs: 10_000 },
  );
  rmSync(scratch, { recursive: true, force: true });
});

describe('npm start', () => {
  let first: ReadyFile;

  it('refuses to run in production', async () => {
    const run = start(['--data-directory', data], { NODE_ENV: 'production' });
    expect(await run.exitCode).toBe(1);
    expect(run.output()).toMatch(/NODE_ENV is production/);
  });

  it('runs the platform, restarts what crashes, and leaves no process behind', async () => {
    const run = platform();
    first = await untilReady(run);
    const page = await fetch(first.baseUrl);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
    expect(first.servers.map(({ name }) => name)).toContain('PostgreSQL');

    const urls = ['--app-url', first.baseUrl, '--media-url', first.mediaBaseUrl, '--rtmp-url', first.rtmpUrl];
    const smoke = await headend(['smoke', '--allow-http', ...urls]);
    expect(smoke).toMatchObject({ exitCode: 0, stdout: expect.not.stringContaining('×') });

    const second = start(['--port-base', '20500', '--data-directory', data]);
    expect(await second.exitCode).toBe(1);
    expect(second.output()).toMatch(/Headend already runs from .* \(process \d+\)\. End it with/);

    const elsewhere = start(['--port-base', portBase, '--data-directory', join(scratch, 'other')]);
    expect(await elsewhere.exitCode).toBe(1);
    expect(elsewhere.output()).toMatch(/Ports 20400 \(gateway\).* are taken by another program\. End it/);

    const chat = first.services.find(({ name }) => name === 'chat');
    process.kill(chat?.pid ?? 0, 'SIGKILL');
    await poll(
      async () => {
        if (!run.output().includes('chat runs again')) throw new Error(run.output());
      },
      { what: 'the restart of chat', deadlineMs: 30_000 },
    );
    expect(run.output()).toMatch(/chat was ended by SIGKILL; starting it again in 0\.5 s/);

    const processes = descendants(run.child.pid ?? 0);
    expect(processes.length).toBeGreaterThan(first.services.length);
    run.child.kill('SIGINT');
    await untilGone(processes, 5_000);
    expect(await run.exitCode).toBe(0);
    expect(existsSync(readyFile)).toBe(false);
  });

  it('reuses its data, and leaves no process behind even when it is killed', async () => {
    const run = platform();
    const again = await untilReady(run);
    expect([again.streamKey, again.account]).toEqual([first.streamKey, first.account]);

    const processes = descendants(run.child.pid ?? 0);
    const supervisor = Number(readFileSync(join(data, 'lock'), 'utf8'));
    process.kill(supervisor, 'SIGKILL');
    if (process.platform !== 'linux') return; // Elsewhere the kernel does not tell children (docs/adr/013).
    await untilGone(processes, 5_000);
    expect(await isFree(again.ports.postgres)).toBe(true);
  });
});
