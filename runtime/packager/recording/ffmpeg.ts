import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Runs ffmpeg to its end, feeding it `input` if there is one. Throws with what it said when it fails. */
export async function runFfmpeg(ffmpegPath: string, args: readonly string[], input?: Readable): Promise<void> {
  const child = spawn(ffmpegPath, ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', ...args], {
    stdio: [input ? 'pipe' : 'ignore', 'ignore', 'pipe'],
  });
  const complaint: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => complaint.push(chunk));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  // When ffmpeg ends early its exit code says more than the broken pipe.
  const fed = input && child.stdin ? pipeline(input, child.stdin).catch(() => undefined) : undefined;
  const code = await ended;
  input?.destroy();
  await fed;
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}: ${Buffer.concat(complaint).toString().trim()}`);
}
