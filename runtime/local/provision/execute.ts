import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { type Command, Unavailable } from './types';

const run = promisify(execFile);

/** Directories where servers are installed but which an ordinary user's PATH often lacks. */
const serverDirectories = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin', '/usr/local/bin'];

/** Full path of a program on PATH, or undefined. */
export function findOnPath(program: string, path = process.env.PATH ?? ''): string | undefined {
  const directories = [...path.split(delimiter).filter((directory) => directory !== ''), ...serverDirectories];
  return directories.map((directory) => join(directory, program)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A tool that a step needs; without it the step does not apply. */
export function requireTool(program: string): string {
  const file = findOnPath(program);
  if (file === undefined) throw new Unavailable(`${program} is not on PATH`);
  return file;
}

export interface ExecuteOptions {
  readonly directory?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a program to its end and returns both outputs together. Rejects with the last lines it printed. */
export async function execute(
  file: string,
  args: readonly string[],
  { directory, environment }: ExecuteOptions = {},
): Promise<string> {
  try {
    const { stdout, stderr } = await run(file, [...args], {
      ...(directory !== undefined && { cwd: directory }),
      env: { ...process.env, ...environment },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout + stderr;
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    const lastLines = `${stdout}${stderr}`.trim().split('\n').slice(-5).join('\n');
    throw new Error(`${file} ${args.join(' ')} failed: ${lastLines || message}`, { cause: error });
  }
}

export function executeCommand(command: Command, args: readonly string[]): Promise<string> {
  return execute(command.file, [...command.arguments, ...args]);
}
