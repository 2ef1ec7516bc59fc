import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findOnPath } from '../execute';
import { type Step, Unavailable } from '../types';

/**
 * A program that is installed already. Its companions are looked for beside the real file first: Debian links
 * `postgres` alone into PATH and keeps `initdb` beside the link's target.
 */
export function onPath(program: string): Step {
  return {
    origin: 'PATH',
    async install() {
      const found = findOnPath(program);
      if (found === undefined) throw new Unavailable(`no ${program} on PATH`);
      const directory = dirname(realpathSync(found));
      return {
        origin: `PATH (${found})`,
        command(name) {
          const file = name === program ? found : (findOnPath(name, directory) ?? join(directory, name));
          return { file, arguments: [] };
        },
      };
    },
  };
}
