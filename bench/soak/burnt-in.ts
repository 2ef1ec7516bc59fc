import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mediaTool } from '../../runtime/local/media-tools';
import { gridColumns, gridHeight, gridRows, readTimeCode } from '../latency/time-code';

const codeBytes = gridColumns * gridRows;

/** Time codes of a film's key frames, one for each segment it was made of; pictures without a code are left out. */
export async function burntInTimes(url: string): Promise<readonly number[]> {
  const command = await mediaTool('ffmpeg');
  const child = spawn(
    command.file,
    [
      ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-skip_frame', 'nokey', '-i', url, '-an'],
      ...['-vf', `crop=iw:ih*${gridHeight}:0:0,scale=${gridColumns}:${gridRows}:flags=area,format=gray`],
      ...['-fps_mode', 'passthrough', '-f', 'rawvideo', '-'],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk as Buffer);
  const [code] = await ended;
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}`);
  const codes = Buffer.concat(chunks);
  const now = Date.now();
  return Array.from({ length: codes.length / codeBytes }, (_, index) =>
    readTimeCode(codes.subarray(index * codeBytes, (index + 1) * codeBytes), now),
  ).filter((time) => time !== undefined);
}
