import { mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartFailure } from './failure';
import { isAlive } from './provision/cache';

/** A broadcast of an hour takes about 2 GB; less than this and PostgreSQL soon stops too. */
const leastFreeBytes = 1024 ** 3;

export interface DataDirectory {
  readonly path: string;
  /** Set when the run before did not end by itself. */
  readonly leftBy?: number;
  /** A directory of its own for each server or use; made when asked for. */
  directory(name: string): string;
  release(): void;
}

/** Takes the directory for this process alone. */
export function openDataDirectory(path: string): DataDirectory {
  mkdirSync(path, { recursive: true });
  refuseFullDisk(path);
  const lock = join(path, 'lock');
  const leftBy = takeLock(lock, path);
  return {
    path,
    ...(leftBy !== undefined && { leftBy }),
    directory(name) {
      const directory = join(path, name);
      mkdirSync(directory, { recursive: true });
      return directory;
    },
    release: () => rmSync(lock, { force: true }),
  };
}

function refuseFullDisk(path: string): void {
  const { bavail, bsize } = statfsSync(path);
  const free = bavail * bsize;
  if (free >= leastFreeBytes) return;
  throw new StartFailure(
    `The disk is nearly full: ${Math.round(free / 1024 ** 2)} MB are free at ${path}, 1024 MB are needed. ` +
      'Free some space, or run npm run reset, or give another place with --data-directory DIR.',
  );
}

/** Returns the process that left a stale lock, if any. */
function takeLock(lock: string, path: string): number | undefined {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const holder = lockHolder(lock);
  if (holder !== undefined) {
    throw new StartFailure(
      `Headend already runs from ${path} (process ${holder}). ` +
        `End it with Ctrl-C in its terminal or kill ${holder}, or start a second one with --port-base 20000 --data-directory DIR.`,
    );
  }
  const leftBy = Number(readFileSync(lock, 'utf8'));
  writeFileSync(lock, String(process.pid));
  return leftBy;
}

/** The living process that holds the lock. */
export function lockHolder(lock: string): number | undefined {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    return pid > 0 && pid !== process.pid && isAlive(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}
