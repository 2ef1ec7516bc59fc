import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { Logger } from '../../shared/log';
import { firstOutputDescriptor, type LadderInput, ladderArguments, outputNames } from './ffmpeg-arguments';
import type { LadderPlan } from './plan';

export interface LadderProcess {
  /** Takes FLV; undefined when ffmpeg reads frames from pipes by name. */
  readonly input: Writable | undefined;
  /** Fragmented MP4 by rendition. */
  readonly outputs: ReadonlyMap<string, Readable>;
  /** How it ended; never rejects. */
  readonly exited: Promise<LadderExit>;
  readonly pid: number | undefined;
  kill(): void;
}

export interface LadderExit {
  readonly code: number | null;
  /** The last lines ffmpeg wrote. */
  readonly complaint: string;
}

const keptLines = 10;

/** Starts ffmpeg for a plan. It ends when its input does, or by `kill`. */
export function startLadder(options: {
  readonly ffmpegPath: string;
  readonly plan: LadderPlan;
  readonly input: LadderInput;
  /** Seconds from the first picture to the first segment. */
  readonly leadInSeconds: number;
  readonly log: Logger;
}): LadderProcess {
  const { ffmpegPath, plan, input, leadInSeconds, log } = options;
  const names = outputNames(plan);
  const feedsInput = input.kind === 'flv';
  const child = spawn(ffmpegPath, [...ladderArguments(plan, input, leadInSeconds)], {
    stdio: [feedsInput ? 'pipe' : 'ignore', 'ignore', 'pipe', ...names.map(() => 'pipe' as const)],
  });
  const lines = collectLines(child, log);
  // A write after ffmpeg has gone is no news: its exit is.
  child.stdin?.on('error', (error) => log.debug({ err: error }, 'ffmpeg no longer reads'));
  const outputs = names.map((name, index): [string, Readable] => [
    name,
    child.stdio[firstOutputDescriptor + index] as Readable,
  ]);
  return {
    input: child.stdin ?? undefined,
    outputs: new Map(outputs),
    exited: exitOf(child).then((code) => ({ code, complaint: lines.join('\n') })),
    pid: child.pid,
    kill: () => child.kill('SIGKILL'),
  };
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    return code;
  } catch {
    // Could not be started at all; the reason is in the log.
    return null;
  }
}

function collectLines(child: ChildProcess, log: Logger): string[] {
  const lines: string[] = [];
  child.on('error', (error) => {
    lines.push(error.message);
    log.error({ err: error }, 'ffmpeg could not be started');
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lines.push(...text.split('\n').filter((line) => line !== ''));
    lines.splice(0, lines.length - keptLines);
    log.debug({ ffmpeg: text.trim() }, 'ffmpeg says');
  });
  return lines;
}
