import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mediaTool } from '../../runtime/local/media-tools';
import { segmentSeconds } from '../../runtime/shared/media-layout';
import { drawTimeCode, gridHeight, pictureHeight, pictureWidth } from './time-code';

export interface TimedEncoder {
  /** Wall-clock times burnt into the first picture of each group that was begun: segments begin with them. */
  groupStarts(): readonly number[];
  /** What ffmpeg printed. */
  output(): string;
  /** Whether it ended by itself. */
  hasEnded(): boolean;
  /** `SIGKILL` is a dropped connection, `SIGINT` a proper end. */
  stop(signal: 'SIGKILL' | 'SIGINT'): Promise<void>;
}

export type Ingest =
  | { readonly kind: 'rtmp'; readonly url: string; readonly key: string }
  | { readonly kind: 'whip'; readonly url: string; readonly key: string };

const frameRate = 30;
/** Pictures from one key frame to the next: a segment. */
const groupLength = frameRate * segmentSeconds;

export type PictureHeight = 720 | 480;

/**
 * A real encoder, 30 pictures a second, whose every picture carries the moment it was made. With 480 lines, the encoder, the
 * platform and a browser have enough with two processors.
 */
export async function startTimedEncoder(ingest: Ingest, height: PictureHeight = 480): Promise<TimedEncoder> {
  const command = await mediaTool(ingest.kind === 'rtmp' ? 'ffmpeg' : 'ffmpeg-whip');
  const coding = [...input(height), ...outputArguments(ingest, height)];
  const child = spawn(command.file, [...command.arguments, ...coding], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const camera = new Camera(child);
  return {
    groupStarts: () => camera.groupStarts,
    output: () => output,
    hasEnded: () => child.exitCode !== null,
    async stop(signal) {
      camera.stop();
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      // A proper end is the end of its input: what is in its pipes is still sent.
      if (signal === 'SIGINT') child.stdin.end();
      else child.kill(signal);
      const deadline = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await ended;
      clearTimeout(deadline);
    },
  };
}

const widths = { 720: 1_280, 480: 854 } as const;

const input = (height: PictureHeight): readonly string[] => [
  ...['-hide_banner', '-nostdin', '-loglevel', 'warning', '-nostats'],
  ...['-f', 'rawvideo', '-pix_fmt', 'gray', '-video_size', `${pictureWidth}x${pictureHeight}`],
  ...['-framerate', String(frameRate), '-i', 'pipe:0'],
  ...['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'],
  ...['-vf', `scale=${widths[height]}:${height}:flags=neighbor,format=yuv420p`, '-shortest'],
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-bf', '0'],
  ...['-g', String(groupLength), '-keyint_min', String(groupLength), '-sc_threshold', '0'],
];

function outputArguments({ kind, url, key }: Ingest, height: PictureHeight): readonly string[] {
  const whole = kind === 'rtmp' ? 2_500 : 1_500;
  const kbps = height === 720 ? whole : 1_200;
  const rate = ['-b:v', `${kbps}k`, '-maxrate', `${kbps}k`, '-bufsize', `${kbps}k`];
  return kind === 'rtmp'
    ? [...['-profile:v', 'main', ...rate, '-c:a', 'aac', '-b:a', '128k', '-ac', '2'], ...['-f', 'flv', `${url}/${key}`]]
    : [
        ...['-profile:v', 'baseline', ...rate, '-c:a', 'libopus', '-ar', '48000', '-ac', '2'],
        ...['-f', 'whip', '-authorization', key, url],
      ];
}

/** More frames than this in the pipe, and a picture waits: its time must be that of the encoder's reading. */
const mostQueued = 3;
const frameBytes = pictureWidth * pictureHeight;

/** Gives ffmpeg a picture every 33 ms. One that ffmpeg is not ready for is left out, as a camera does. */
class Camera {
  readonly groupStarts: number[] = [];
  private readonly texture = makeTexture();
  private readonly timer: NodeJS.Timeout;
  private nextDueMs = Date.now();
  private pictures = 0;

  constructor(private readonly encoder: ChildProcess) {
    encoder.stdin?.on('error', () => this.stop());
    this.timer = setInterval(() => this.tick(), 5);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private tick(): void {
    const now = Date.now();
    const { stdin } = this.encoder;
    if (!stdin?.writable) return;
    for (; this.nextDueMs <= now; this.nextDueMs += 1_000 / frameRate) {
      if (stdin.writableLength >= mostQueued * frameBytes) continue;
      stdin.write(this.picture(now));
      if (this.pictures % groupLength === 0) this.groupStarts.push(now);
      this.pictures += 1;
    }
  }

  private picture(now: number): Buffer {
    const picture = Buffer.alloc(frameBytes);
    const top = Math.round(gridHeight * pictureHeight);
    const shift = Math.floor(now / (1_000 / frameRate)) % textureExcess;
    for (let row = top; row < pictureHeight; row += 1) {
      const start = (row - top) * textureWidth + shift;
      this.texture.copy(picture, row * pictureWidth, start, start + pictureWidth);
    }
    drawTimeCode(picture, now);
    return picture;
  }
}

const textureExcess = 256;
const textureWidth = pictureWidth + textureExcess;

/** Something to encode below the code: a pattern that moves sideways. */
function makeTexture(): Buffer {
  const texture = Buffer.alloc(textureWidth * pictureHeight);
  for (let index = 0; index < texture.length; index += 1) {
    const x = index % textureWidth;
    const y = Math.floor(index / textureWidth);
    texture[index] = 128 + 50 * Math.sin((x * Math.PI) / 32) + 50 * Math.sin((x + 7 * y) / 23);
  }
  return texture;
}
