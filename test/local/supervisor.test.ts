import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failWhenExited, startProcess } from '../../runtime/local/child-process';
import { poll } from '../../runtime/local/poll';
import { isAlive } from '../../runtime/local/provision/cache';
import { Supervisor } from '../../runtime/local/supervisor';

jest.setTimeout(30_000);

const scratch = mkdtempSync(join(tmpdir(), 'headend-supervisor-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** A process of ours that runs a line of JavaScript. */
const script = (source: string, environment: Readonly<Record<string, string>> = {}) =>
  startProcess({
    name: 'script',
    command: { file: process.execPath, arguments: ['-e'] },
    arguments: [source],
    environment,
  });

const forever = 'setInterval(() => {}, 1000);';

/** Ignores SIGTERM, then writes its own and its child's process id. */
const stubbornFamily = (file: string) => `
  process.on('SIGTERM', () => {});
  const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(forever)}]);
  require('node:fs').writeFileSync(${JSON.stringify(file)}, process.pid + ' ' + child.pid);
  ${forever}`;

async function familyOf(file: string): Promise<number[]> {
  const read = async () => {
    const pids = readFileSync(file, 'utf8').split(' ').map(Number);
    if (pids.length !== 2) throw new Error('not written yet');
    return pids;
  };
  return poll(read, { what: 'the start of the family', deadlineMs: 10_000 });
}

const untilGone = (pids: readonly number[]) =>
  poll(
    async () => {
      const left = pids.filter(isAlive);
      if (left.length > 0) throw new Error(`${left.join(', ')} live`);
    },
    { what: 'the end of the family', deadlineMs: 5_000 },
  );

describe('a child process', () => {
  it('gets its own variables and none of a developer’s', async () => {
    process.env.PG_DATABASE = 'mine';
    const file = join(scratch, 'environment');
    const child = await script(`require('node:fs').writeFileSync(process.env.OUT, JSON.stringify(process.env))`, {
      OUT: file,
    });
    await child.exited;
    delete process.env.PG_DATABASE;
    const environment = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
    expect(environment.OUT).toBe(file);
    expect(environment.PATH).toBe(process.env.PATH);
    expect(environment.PG_DATABASE).toBeUndefined();
  });

  it('is killed with its own children when it does not end in time', async () => {
    const file = join(scratch, 'stubborn');
    const child = await script(stubbornFamily(file));
    const family = await familyOf(file);
    expect((await child.stop(200)).signal).toBe('SIGKILL');
    await untilGone(family);
  });

  it('takes its children with it when it crashes', async () => {
    const file = join(scratch, 'crash');
    const child = await script(stubbornFamily(file));
    const family = await familyOf(file);
    process.kill(child.pid, 'SIGKILL');
    await child.exited;
    await untilGone(family);
  });

  it('tells with what words it ended', async () => {
    const child = await script(`console.error('no such table'); process.exitCode = 4`);
    await expect(failWhenExited(child)).rejects.toThrow('script ended with code 4\n  no such table');
  });
});

describe('the supervisor', () => {
  it('starts again what crashed, waits longer each time, and says so', async () => {
    const said: string[] = [];
    const supervisor = new Supervisor((sentence) => said.push(sentence));
    let starts = 0;
    await supervisor.start('chat', 'service', () => {
      starts += 1;
      return script(starts < 3 ? `console.log('lost my mind'); process.exitCode = 1` : forever);
    });
    await poll(
      async () => {
        if (said.length < 4) throw new Error(said.join('; '));
      },
      { what: 'the second restart', deadlineMs: 10_000 },
    );
    expect(said).toEqual([
      'chat ended with code 1 (lost my mind); starting it again in 0.5 s',
      'chat runs again',
      'chat ended with code 1 (lost my mind); starting it again in 1 s',
      'chat runs again',
    ]);
    await supervisor.stop();
  });

  it('leaves to the caller what never came up', async () => {
    const supervisor = new Supervisor(() => undefined);
    const attempt = supervisor.start('chat', 'service', async () => {
      throw new Error('port taken');
    });
    await expect(attempt).rejects.toThrow('port taken');
    await supervisor.stop();
  });

  it('ends users before what they use, and starts nothing again', async () => {
    const said: string[] = [];
    const ended: string[] = [];
    const supervisor = new Supervisor((sentence) => said.push(sentence));
    for (const [name, phase] of [
      ['redis', 'server'],
      ['chat', 'service'],
      ['encoder', 'broadcaster'],
    ] as const) {
      await supervisor.start(name, phase, async () => {
        const child = await script(forever);
        void child.exited.then(() => ended.push(name));
        return child;
      });
    }
    await supervisor.stop();
    expect(ended).toEqual(['encoder', 'chat', 'redis']);
    expect(said).toEqual([]);
  });

  it('retires one process for good', async () => {
    const supervisor = new Supervisor(() => undefined);
    await supervisor.start('encoder', 'broadcaster', () => script(forever));
    const pid = supervisor.pid('encoder') ?? 0;
    await supervisor.retire('encoder');
    expect(isAlive(pid)).toBe(false);
    expect(supervisor.pid('encoder')).toBeUndefined();
    await supervisor.stop();
  });
});
