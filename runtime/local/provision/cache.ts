import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Outside the clone, so that a second clone or a reset costs no download. */
export function cacheRoot(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'headend');
}

/**
 * The directory `<cache>/<key>`, filled by `build` when it does not exist yet. `build` writes into a scratch directory
 * that is renamed when complete: what exists under its final name is whole. Processes take turns.
 */
export async function cached(key: string, build: (directory: string) => Promise<void>): Promise<string> {
  const finished = join(cacheRoot(), key);
  if (existsSync(finished)) return finished;
  await withLock(key, async () => {
    if (existsSync(finished)) return;
    const scratch = `${finished}.partial`;
    rmSync(scratch, { recursive: true, force: true });
    mkdirSync(scratch, { recursive: true });
    await build(scratch);
    renameSync(scratch, finished);
  });
  return finished;
}

/** Forgets one entry, so that it is made again. */
export function evict(key: string): void {
  rmSync(join(cacheRoot(), key), { recursive: true, force: true });
}

/** Holds `<cache>/<key>.lock` while working. A lock whose process is gone is taken over. */
export async function withLock<T>(key: string, work: () => Promise<T>): Promise<T> {
  const lock = join(cacheRoot(), `${key}.lock`);
  mkdirSync(cacheRoot(), { recursive: true });
  while (!tryLock(lock)) await pause(200);
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** A lock file that is still empty after this long was left by a process that died while making it. */
const emptyLockMs = 5_000;

function tryLock(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (isAbandoned(lock)) rmSync(lock, { force: true });
    return false;
  }
}

function isAbandoned(lock: string): boolean {
  try {
    const holder = Number(readFileSync(lock, 'utf8'));
    return holder === 0 ? Date.now() - statSync(lock).mtimeMs > emptyLockMs : !isAlive(holder);
  } catch {
    return false; // Released between our two looks.
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
