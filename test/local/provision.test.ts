import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cached, cacheRoot } from '../../runtime/local/provision/cache';
import { isAtLeast, resolveServer } from '../../runtime/local/provision/resolve';
import { missingPackages, releaseName } from '../../runtime/local/provision/steps/debian';
import { dockerArguments } from '../../runtime/local/provision/steps/docker';
import { projectModel } from '../../runtime/local/provision/steps/maven';
import { type ServerDefinition, type Step, Unavailable } from '../../runtime/local/provision/types';

describe('versions', () => {
  it.each([
    ['7.0.15', '7.0', true],
    ['6.2.14', '7.0', false],
    ['15.18', '15', true],
    ['7', '7.0.1', false],
    ['10.0', '9.9', true],
  ])('%s is at least %s: %s', (version, minimum, expected) => {
    expect(isAtLeast(version, minimum)).toBe(expected);
  });
});

describe('resolving a server', () => {
  /** A step whose program is a shell that prints a version. */
  const step = (origin: string, version: string): Step => ({
    origin,
    install: async () => ({
      origin,
      command: () => ({ file: '/bin/sh', arguments: ['-c', `echo "thing ${version}"`] }),
    }),
  });
  const missing: Step = {
    origin: 'PATH',
    install: async () => {
      throw new Unavailable('no thing on PATH');
    },
  };
  const definition = (steps: readonly Step[]): ServerDefinition => ({
    title: 'Thing',
    urlVariable: 'HEADEND_THING_URL',
    program: 'thing',
    versionArguments: [],
    versionPattern: /thing ([\d.]+)/,
    minimumVersion: '2.0',
    steps,
    remedy: 'apt-get install thing',
  });
  const silent = () => undefined;

  it('takes the URL before anything else', async () => {
    const resolved = await resolveServer(definition([step('npm', '3.0')]), silent, { HEADEND_THING_URL: 'thing://x' });
    expect(resolved).toEqual({
      kind: 'url',
      url: 'thing://x',
      report: { name: 'Thing', version: 'as it runs', origin: 'HEADEND_THING_URL' },
    });
  });

  it('takes the first step that applies and is new enough', async () => {
    const resolved = await resolveServer(
      definition([missing, step('old', '1.9'), step('npm', '3.1'), step('go', '4')]),
      silent,
      {},
    );
    expect(resolved.report).toEqual({ name: 'Thing', version: '3.1', origin: 'npm' });
  });

  it('says what was tried and what would help', async () => {
    const attempt = resolveServer(definition([missing, step('old', '1.9')]), silent, {});
    await expect(attempt).rejects.toThrow(
      'Thing 2.0 or newer could not be found or installed. Fix: apt-get install thing\n' +
        'Tried:\n  - PATH: no thing on PATH\n  - old: version 1.9 is older than 2.0',
    );
  });
});

describe('the cache', () => {
  let home: string;
  const before = process.env.XDG_CACHE_HOME;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'headend-cache-'));
    process.env.XDG_CACHE_HOME = home;
  });
  afterEach(() => {
    if (before === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before;
    rmSync(home, { recursive: true, force: true });
  });

  it('builds once for all who ask at the same time', async () => {
    let builds = 0;
    const build = async (directory: string) => {
      builds += 1;
      writeFileSync(join(directory, 'program'), '');
    };
    const [first, second] = await Promise.all([cached('thing-1', build), cached('thing-1', build)]);
    expect(first).toBe(second);
    expect(existsSync(join(first, 'program'))).toBe(true);
    expect(builds).toBe(1);
  });

  it('keeps nothing of a build that failed', async () => {
    const failing = cached('thing-2', async (directory) => {
      writeFileSync(join(directory, 'half'), '');
      throw new Error('no network');
    });
    await expect(failing).rejects.toThrow('no network');
    expect(existsSync(join(cacheRoot(), 'thing-2'))).toBe(false);
    const second = await cached('thing-2', async () => undefined);
    expect(existsSync(join(second, 'half'))).toBe(false);
  });

  it('takes over the lock of a process that is gone', async () => {
    mkdirSync(cacheRoot(), { recursive: true });
    // Above the kernel's largest process id.
    writeFileSync(join(cacheRoot(), 'thing-3.lock'), '4194305');
    expect(existsSync(await cached('thing-3', async () => undefined))).toBe(true);
  });
});

describe('steps', () => {
  it('reads the distribution’s release', () => {
    expect(releaseName('ID=ubuntu\nVERSION_CODENAME=noble\nUBUNTU_CODENAME=noble\n')).toBe('noble');
    expect(() => releaseName('ID=alpine\n')).toThrow(Unavailable);
  });

  it('finds the packages that apt would install', () => {
    const simulation = [
      'NOTE: This is only a simulation!',
      'Inst liblzf1 (3.6-3 Debian:12.15/oldstable [amd64])',
      'Inst redis-server (5:7.0.15-1 Debian-Security:12 [amd64]) []',
      'Conf redis-server (5:7.0.15-1 Debian-Security:12 [amd64])',
    ].join('\n');
    expect(missingPackages(simulation)).toEqual(['liblzf1', 'redis-server']);
  });

  it('runs a container as the caller, with the caller’s paths and network', () => {
    expect(dockerArguments('redis:7', 'redis-server', ['/data'], { uid: 1000, gid: 1000 }).join(' ')).toBe(
      'run --rm --init --network host --user 1000:1000 --volume /data:/data --entrypoint redis-server redis:7',
    );
  });

  it('writes a Maven project with exact versions', () => {
    expect(projectModel(['org.example:thing:1.2.3'])).toContain(
      '<dependency><groupId>org.example</groupId><artifactId>thing</artifactId><version>1.2.3</version></dependency>',
    );
  });
});
