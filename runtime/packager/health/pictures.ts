import { spawn } from 'node:child_process';
import { spriteGrid } from '../../shared/storyboard';

const longestMs = 5_000;

/** JPEG of the first frame of an MP4. */
export function firstFrame(ffmpegPath: string, media: Buffer, width: number, signal: AbortSignal): Promise<Buffer> {
  return makePicture(ffmpegPath, ['-i', 'pipe:0', '-vf', `scale=${width}:-2`, '-q:v', '4'], media, signal);
}

/** One JPEG with a tile for each of the given ones, row by row; what is left over of the last row is black. */
export function spriteSheet(ffmpegPath: string, pictures: readonly Buffer[], signal: AbortSignal): Promise<Buffer> {
  const { columns, rows, tileWidth, tileHeight } = spriteGrid;
  const filters = [
    `scale=${tileWidth}:${tileHeight}:force_original_aspect_ratio=decrease`,
    `pad=${tileWidth}:${tileHeight}:-1:-1:eval=frame`,
    'setsar=1',
    `tile=${columns}x${rows}`,
  ];
  // A broadcast's pictures may differ in size; filters that begin anew with each size would begin a new sheet, too.
  const input = ['-reinit_filter', '0', '-f', 'mjpeg', '-i', 'pipe:0'];
  return makePicture(ffmpegPath, [...input, '-vf', filters.join(), '-q:v', '5'], Buffer.concat(pictures), signal);
}

async function makePicture(
  ffmpegPath: string,
  args: readonly string[],
  input: Buffer,
  signal: AbortSignal,
): Promise<Buffer> {
  const child = spawn(
    ffmpegPath,
    ['-hide_banner', '-loglevel', 'error', '-threads', '1', ...args, '-frames:v', '1', '-f', 'mjpeg', 'pipe:1'],
    { stdio: ['pipe', 'pipe', 'pipe'], signal: AbortSignal.any([signal, AbortSignal.timeout(longestMs)]) },
  );
  const complaint: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => complaint.push(chunk));
  // ffmpeg closes its input once it has what it needs.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const picture: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => picture.push(chunk));
  const code = await ended;
  if (code !== 0 || picture.length === 0) {
    throw new Error(`ffmpeg made no picture (${code}): ${Buffer.concat(complaint).toString()}`);
  }
  return Buffer.concat(picture);
}
