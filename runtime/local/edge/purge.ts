import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cloudFrontPattern } from './path-pattern';

/** nginx writes the key behind its binary header; ours are paths of a hundred characters or so, some with a time. */
const headBytes = 1_024;

/**
 * Makes nginx caches forget what an invalidation path matches (`/hls/us-east-1/st_1/*`). nginx without extra modules has
 * no purge; an entry whose file is gone is a miss.
 *
 * @param caches the caches' directories, the innermost first: an outer one that is asked meanwhile fills itself from it
 */
export async function purge(caches: readonly string[], path: string): Promise<void> {
  const pattern = new RegExp(cloudFrontPattern(path));
  for (const cache of caches) {
    const files = await readdir(cache, { recursive: true, withFileTypes: true });
    await Promise.all(
      files
        .filter((file) => file.isFile())
        .map(async ({ parentPath, name }) => {
          const file = join(parentPath, name);
          const key = await cacheKey(file);
          if (key !== undefined && pattern.test(key)) await rm(file, { force: true });
        }),
    );
  }
}

/** `undefined` for a file that went meanwhile. */
async function cacheKey(file: string): Promise<string | undefined> {
  const handle = await open(file).catch(() => undefined);
  if (!handle) return undefined;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return /\nKEY: ([^\n@]*)/.exec(buffer.toString('latin1', 0, bytesRead))?.[1];
  } finally {
    await handle.close();
  }
}
