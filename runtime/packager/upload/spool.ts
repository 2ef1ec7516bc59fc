import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Segments on disk that wait for storage: memory stays flat however long it is away. */
export class SegmentSpool {
  constructor(private readonly directory: string) {}

  async write(key: string, bytes: Buffer): Promise<void> {
    const path = this.#path(key);
    try {
      await writeFile(path, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, bytes);
    }
  }

  read(key: string): Promise<Buffer> {
    return readFile(this.#path(key));
  }

  async remove(key: string): Promise<void> {
    await rm(this.#path(key), { force: true });
  }

  /** Takes away all that is left, of a process that died or a broadcast that was lost. */
  async clear(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  #path(key: string): string {
    return join(this.directory, key);
  }
}
