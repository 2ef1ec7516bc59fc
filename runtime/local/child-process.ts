import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { findOnPath } from './provision/execute';
import type { Command } from './provision/types';

export interface ChildSpecification {
  readonly name: string;
  readonly command: Command;
  readonly arguments: readonly string[];
  /** Its own variables, beside the few that every program needs. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory?: string;
  /** For servers that refuse to run as root: step down to an unprivileged user when we are root. */
  readonly withoutRoot?: boolean;
  /** Sent first when the process is to end; SIGTERM by default. */
  readonly stopSignal?: NodeJS.Signals;
  /** Sent by the kernel when we are gone; SIGKILL unless the process then has children of its own to end. */
  readonly orphanSignal?: NodeJS.Signals;
  /** Gets every line the process prints. */
  readonly onLine?: (line: string) => void;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it printed last, for the sentence that tells of its end. */
  readonly lastLines: readonly string[];
}

export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Asks the process to end, kills its whole group after `graceMs`. Resolves when it is gone. */
  stop(graceMs?: number): Promise<Exit>;
}

/** Leaders of the groups that we started and that are not gone. */
const running = new Set<number>();

/** Ends whatever is left, at once and without ceremony: the last act of a process that must leave nothing behind. */
export function killRemaining(): void {
  for (const pid of running.keys()) signal(-pid, 'SIGKILL');
}

const keptLines = 12;
const defaultGraceMs = 3_000;

/**
 * Starts a process in a group of its own: a terminal's Ctrl-C reaches us alone, and we decide who ends when. On Linux
 * the kernel ends it when we are killed, so that nothing is ever left running.
 */
export async function startProcess(specification: ChildSpecification): Promise<RunningProcess> {
  const { name, environment, directory, stopSignal = 'SIGTERM' } = specification;
  const [file, args] = guarded(specification);
  const child = spawn(file, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...generalEnvironment(), ...environment },
    ...(directory !== undefined && { cwd: directory }),
  });
  const lastLines = collectLines(child, specification.onLine);
  const exited = untilGone(child, lastLines);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => reject(new Error(`${name} could not be started: ${error.message}`)));
  });
  const pid = child.pid ?? 0;
  running.add(pid);
  void exited.then(() => running.delete(pid));
  return {
    name,
    pid,
    exited,
    async stop(graceMs = defaultGraceMs) {
      if (running.has(pid)) signal(pid, stopSignal);
      const kill = setTimeout(() => signal(-pid, 'SIGKILL'), graceMs);
      const exit = await exited;
      clearTimeout(kill);
      return exit;
    },
  };
}

const generalVariables =
  /^(PATH|HOME|USER|LANG|LC_\w+|TZ|TMPDIR|XDG_\w+|DOCKER_\w+|JAVA_HOME|SSL_CERT_\w+|NODE_EXTRA_CA_CERTS)$/;

/** A developer's own settings must not configure a service: what it gets is what its contract says. */
function generalEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => generalVariables.test(name)));
}

/** @param target a process, or the negative of a group */
function signal(target: number, name: NodeJS.Signals): void {
  try {
    process.kill(target, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** PostgreSQL's own children leave its group and end by themselves; they are waited for this long. */
const stragglersMs = 3_000;

/** Settles when the process has ended, its group was ended with it, and its output was read. */
function untilGone(child: ChildProcess, lastLines: readonly string[]): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('exit', (code, signalName) => {
      if (child.pid !== undefined) signal(-child.pid, 'SIGKILL');
      const done = () => {
        clearTimeout(timer);
        resolve({ code, signal: signalName, lastLines });
      };
      const timer = setTimeout(done, stragglersMs);
      child.once('close', done);
    });
  });
}

function collectLines(child: ChildProcess, onLine: ((line: string) => void) | undefined): string[] {
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > keptLines) lines.shift();
      onLine?.(line);
    });
  }
  return lines;
}

/** `nobody`: exists on every Unix and owns nothing. */
export const unprivilegedId = 65_534;

/** Puts `setpriv` (util-linux) before the command where there is one: death with the parent, and no root if asked. */
function guarded({ command, arguments: own, withoutRoot = false, orphanSignal = 'SIGKILL' }: ChildSpecification) {
  const args = [...command.arguments, ...own];
  const setpriv = findOnPath('setpriv');
  if (setpriv === undefined) return [command.file, args] as const;
  const stepDown = withoutRoot && process.getuid?.() === 0 ? withoutRootArguments : [];
  const atOurDeath = ['--pdeathsig', orphanSignal.replace(/^SIG/, '')];
  return [setpriv, [...stepDown, ...atOurDeath, '--', command.file, ...args]] as const;
}

// The one capability kept lets the user reach data and binaries below a home directory that only root may enter.
const withoutRootArguments = [
  ...['--reuid', String(unprivilegedId), '--regid', String(unprivilegedId), '--clear-groups'],
  ...['--inh-caps=+dac_override', '--ambient-caps=+dac_override'],
];

/** Waits for `probe`; when the process ends first, rejects at once with what it said. */
export function failWhenExited(process: RunningProcess): Promise<never> {
  const failed = process.exited.then(({ code, signal, lastLines }): never => {
    const how = signal ? `was ended by ${signal}` : `ended with code ${code}`;
    throw new Error([`${process.name} ${how}`, ...lastLines].join('\n  '));
  });
  failed.catch(() => undefined);
  return failed;
}
