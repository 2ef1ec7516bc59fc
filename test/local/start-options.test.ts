import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseStartArguments } from '../../runtime/local/arguments';
import { partsOf } from '../../runtime/local/backends';
import { openDataDirectory } from '../../runtime/local/data-directory';
import { cloudFrontPattern, expressPattern } from '../../runtime/local/edge/path-pattern';
import { planPorts, portsNeeded } from '../../runtime/local/port-plan';
import { openSecrets } from '../../runtime/local/secrets';

const scratch = mkdtempSync(join(tmpdir(), 'headend-options-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('arguments of npm start', () => {
  it('has a quiet run without demo as its default', () => {
    expect(parseStartArguments([], '/clone/.headend')).toEqual({
      demo: false,
      verbose: false,
      dataDirectory: '/clone/.headend',
    });
  });

  it('reads every option', () => {
    const argv = ['--demo', '--verbose', '--port-base', '20000', '--ready-file', '/r.json', '--data-directory', '/d'];
    expect(parseStartArguments(argv, '/clone/.headend')).toEqual({
      demo: true,
      verbose: true,
      portBase: 20_000,
      readyFile: '/r.json',
      dataDirectory: '/d',
    });
  });

  it.each(['80', '65535', 'many', '20000.5'])('refuses --port-base %s', (text) => {
    expect(() => parseStartArguments(['--port-base', text], '/d')).toThrow(/give a whole number from 1024 to \d+\.$/);
  });

  it('answers an unknown option with the usage', () => {
    expect(() => parseStartArguments(['--prot-base', '1'], '/d')).toThrow(/--port-base N/);
  });
});

describe('ports', () => {
  it('are all different, by their usual numbers and from a base', () => {
    for (const ports of [planPorts(), planPorts(20_000)]) {
      expect(new Set(Object.values(ports)).size).toBe(portsNeeded);
    }
  });

  it('count up from the base', () => {
    expect(planPorts(20_000)).toMatchObject({ gateway: 20_000, rtmp: 20_001, cdn: 20_000 + portsNeeded - 1 });
  });
});

describe('the data directory', () => {
  it('is for one run at a time', () => {
    const path = join(scratch, 'busy');
    const data = openDataDirectory(path);
    writeFileSync(join(path, 'lock'), String(process.ppid));
    expect(() => openDataDirectory(path)).toThrow(`already runs from ${path} (process ${process.ppid})`);
    data.release();
  });

  it('is taken over, and said so, from a run that was killed', () => {
    const path = join(scratch, 'stale');
    openDataDirectory(path);
    writeFileSync(join(path, 'lock'), '4194305');
    expect(openDataDirectory(path).leftBy).toBe(4_194_305);
  });
});

describe('secrets', () => {
  it('are made once, readable by their owner only', () => {
    const directory = join(scratch, 'secrets');
    const first = openSecrets(directory, ['auth']);
    const second = openSecrets(directory, ['auth']);
    expect(second.redisPassword).toBe(first.redisPassword);
    expect(second.postgresLogin('auth')).toEqual(first.postgresLogin('auth'));
    const modes = readdirSync(directory).map((file) => statSync(join(directory, file)).mode & 0o777);
    expect(new Set(modes)).toEqual(new Set([0o600]));
  });
});

describe('path patterns', () => {
  it.each([
    ['/hls/*/live.m3u8', '/hls/us-east-1/st_1/720p/live.m3u8', true],
    ['/hls/*/live.m3u8', '/hls/us-east-1/st_1/720p/liveXm3u8', false],
    ['/hls/*.m4s', '/hls/a/b/00000001.m4s', true],
    ['/hls/*.m4s', '/other/hls/a.m4s', false],
  ])('CloudFront’s %s on %s: %s', (pattern, path, expected) => {
    expect(new RegExp(cloudFrontPattern(pattern)).test(path)).toBe(expected);
  });

  it.each([
    ['/internal/feeds/:streamId', '/internal/feeds/st_1', true],
    ['/internal/feeds/:streamId', '/internal/feeds/st_1/', true],
    ['/internal/feeds/:streamId', '/internal/feeds/st_1/more', false],
  ])('Express’s %s on %s: %s', (pattern, path, expected) => {
    expect(new RegExp(expressPattern(pattern)).test(path)).toBe(expected);
  });
});

describe('servers given by URL', () => {
  it('have their credentials taken apart from their address', () => {
    expect(partsOf('postgres://admin:p%40ss@db.test/postgres', 5432)).toEqual({
      url: 'postgres://db.test/postgres',
      host: 'db.test:5432',
      username: 'admin',
      password: 'p@ss',
    });
  });
});
