import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { cached, cacheRoot, withLock } from '../cache';
import { execute, requireTool } from '../execute';
import { type Installation, type Progress, type Step, Unavailable } from '../types';

export interface DebianPackage {
  readonly package: string;
  readonly usually: string;
}

/** Package lists older than this are fetched again: the archive drops superseded versions. */
const listsMaxAgeMs = 24 * 3_600_000;

/**
 * A Debian or Ubuntu package and whatever of its dependencies this machine lacks, unpacked into the cache. Needs no
 * root and changes nothing on the machine.
 */
export function debianPackage({ package: name, usually }: DebianPackage): Step {
  return {
    origin: `Debian package ${name}`,
    async install(progress) {
      requireTool('apt-get');
      requireTool('dpkg');
      const release = releaseName(readFileSync('/etc/os-release', 'utf8'));
      const directory = await cached(`${name}-${release}`, (scratch) => unpack(name, usually, scratch, progress));
      return unpacked(directory, `Debian package ${name} (${release})`);
    },
  };
}

/** `bookworm`, `noble`, …: packages of one release need that release's libraries. */
export function releaseName(osRelease: string): string {
  const name = /^VERSION_CODENAME=(\S+)$/m.exec(osRelease)?.[1];
  if (name === undefined) throw new Unavailable('this distribution names no release');
  return name;
}

async function unpack(name: string, usually: string, scratch: string, progress: Progress): Promise<void> {
  const apt = await privateApt(progress);
  progress(`downloading the Debian package ${name}, usually ${usually}, once`);
  const simulated = await execute('apt-get', [...apt, '--simulate', '--no-install-recommends', 'install', name]);
  const packages = missingPackages(simulated);
  if (packages.length === 0) throw new Unavailable(`${name} is installed, yet its program is not on PATH`);
  const downloads = join(scratch, 'downloads');
  mkdirSync(downloads);
  await execute('apt-get', [...apt, 'download', ...packages], { directory: downloads });
  for (const file of readdirSync(downloads)) await execute('dpkg', ['--extract', join(downloads, file), scratch]);
  rmSync(downloads, { recursive: true });
  writeLaunchers(scratch);
}

/** Packages that `apt-get --simulate install` would install, in its order. */
export function missingPackages(simulation: string): string[] {
  return [...simulation.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name);
}

/** Options that give apt package lists of our own, so that fetching them needs no root. */
async function privateApt(progress: Progress): Promise<string[]> {
  const root = join(cacheRoot(), 'apt');
  const options = [
    `Dir::State::Lists=${join(root, 'lists')}`,
    `Dir::Cache=${join(root, 'cache')}`,
    'APT::Sandbox::User=root',
    'Debug::NoLocking=true',
  ].flatMap((option) => ['-o', option]);
  await withLock('apt', async () => {
    const stamp = join(root, 'fetched');
    if (existsSync(stamp) && Date.now() - statSync(stamp).mtimeMs < listsMaxAgeMs) return;
    progress('fetching package lists, usually 10 s');
    mkdirSync(join(root, 'lists/partial'), { recursive: true });
    mkdirSync(join(root, 'cache/archives/partial'), { recursive: true });
    await execute('apt-get', [...options, 'update']);
    writeFileSync(stamp, '');
  });
  return options;
}

function unpacked(directory: string, origin: string): Installation {
  return { origin, command: (program) => ({ file: join(directory, 'run', program), arguments: [] }) };
}

/** A script per program that sets its library path: what is unpacked then runs like what is installed. */
function writeLaunchers(directory: string): void {
  const libraries = libraryDirectories(directory).map((library) => `$here/${library}`);
  mkdirSync(join(directory, 'run'));
  for (const bin of ['usr/bin', 'usr/sbin', 'bin', 'sbin'].filter((bin) => existsSync(join(directory, bin)))) {
    for (const program of readdirSync(join(directory, bin))) {
      const script = `#!/bin/sh
here=$(dirname "$(dirname "$(readlink -f "$0")")")
LD_LIBRARY_PATH="${libraries.join(':')}" exec "$here/${bin}/${program}" "$@"
`;
      writeFileSync(join(directory, 'run', program), script, { mode: 0o755 });
    }
  }
}

/** Every directory below that holds a shared library; some packages keep theirs one level down (`blas/`). */
function libraryDirectories(directory: string): string[] {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true });
  const libraries = files.filter(({ name }) => /\.so(\.\d+)*$/.test(name));
  return [...new Set(libraries.map(({ parentPath }) => relative(directory, parentPath)))].sort();
}
