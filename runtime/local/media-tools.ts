import { execFile } from 'node:child_process';
import { resolveServer } from './provision/resolve';
import { servers } from './provision/table';
import type { Command } from './provision/types';

/** ffmpeg's programs. `ffmpeg-whip` is the newer ffmpeg, which also speaks WHIP and Enhanced RTMP. */
export type MediaTool = 'ffmpeg' | 'ffmpeg-whip' | 'ffprobe';

export interface MediaToolResult {
  readonly stdout: Buffer;
  readonly stderr: string;
}

const mostOutputBytes = 64 << 20;

/** How to start a program of ffmpeg's on this machine; fetches it when it is missing. */
export async function mediaTool(tool: MediaTool): Promise<Command> {
  const definition = tool === 'ffmpeg-whip' ? servers['ffmpeg-whip'] : servers.ffmpeg;
  const resolved = await resolveServer(definition, (sentence) => process.stderr.write(`${sentence}\n`), {});
  if (resolved.kind === 'url') throw new Error(`${tool} is a program, not a URL`);
  return resolved.installation.command(tool === 'ffprobe' ? 'ffprobe' : 'ffmpeg');
}

/**
 * Runs a program of ffmpeg's to its end.
 *
 * @param input for its standard input; it may end before it has read all
 * @throws when it exits with an error, with what it printed
 */
export async function runMediaTool(
  tool: MediaTool,
  args: readonly string[],
  input: Buffer = Buffer.alloc(0),
): Promise<MediaToolResult> {
  const command = await mediaTool(tool);
  return new Promise((resolve, reject) => {
    const child = execFile(
      command.file,
      [...command.arguments, ...args],
      { encoding: 'buffer', maxBuffer: mostOutputBytes },
      (error, stdout, stderr) => {
        if (error) reject(error);
        else resolve({ stdout, stderr: stderr.toString() });
      },
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
