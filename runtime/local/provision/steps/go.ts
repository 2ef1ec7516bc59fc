import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from '../cache';
import { execute, requireTool } from '../execute';
import type { Step } from '../types';

export interface GoModule {
  /** Import path of the main package. */
  readonly package: string;
  /** Exact, with its `v`. */
  readonly version: string;
  /** The name we give the executable; Go's own is the last element of the import path. */
  readonly program: string;
  /** How long a build usually takes on two cores, for people who wait. */
  readonly usually: string;
  /** For programs that learn their version only from their own release build. */
  readonly linkerFlags?: string;
}

/** A pinned version built from source through the Go module proxy. */
export function goInstall({ package: path, version, program, usually, linkerFlags }: GoModule): Step {
  const origin = `go install ${path}@${version}`;
  return {
    origin,
    async install(progress) {
      const go = requireTool('go');
      const directory = await cached(`${program}-${version}`, async (scratch) => {
        progress(`building ${program} ${version} from source, usually ${usually}, once`);
        const built = join(scratch, 'go');
        mkdirSync(built);
        const flags = linkerFlags === undefined ? [] : ['-ldflags', linkerFlags];
        await execute(go, ['install', ...flags, `${path}@${version}`], {
          environment: { GOBIN: built, CGO_ENABLED: '0' },
        });
        const executable = path.split('/').at(-1) ?? program;
        renameSync(join(built, executable), join(scratch, program));
      });
      return { origin, command: (name) => ({ file: join(directory, name), arguments: [] }) };
    },
  };
}
