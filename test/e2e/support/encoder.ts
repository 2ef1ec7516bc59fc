import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type MediaTool, mediaTool } from '../../../runtime/local/media-tools';

export interface Encoder {
  /** All that ffmpeg has printed. */
  output(): string;
  /** Resolves with the exit code once it has ended by itself. */
  readonly ended: Promise<number | null>;
  stop(): Promise<void>;
}

/** Two renditions' worth: encoder, platform and browser share a machine, and none of them is what is tested. */
const picture = ['-re', '-f', 'lavfi', '-i', 'testsrc2=size=854x480:rate=30'];
const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'];
const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p', '-g', '60'];

/** A real encoder pushing RTMP, as a broadcaster's would. */
export function pushRtmp(url: string): Promise<Encoder> {
  const video = [...h264, '-profile:v', 'main', '-bf', '0', '-b:v', '2000k'];
  return run('ffmpeg', [...picture, ...tone, ...video, '-c:a', 'aac', '-b:a', '128k', '-f', 'flv', url]);
}

/** A real encoder publishing by WHIP with the stream key as its bearer token. */
export function pushWhip(url: string, streamKey: string): Promise<Encoder> {
  const video = [...h264, '-profile:v', 'baseline', '-bf', '0', '-b:v', '1500k'];
  const audio = ['-c:a', 'libopus', '-ar', '48000', '-ac', '2'];
  return run('ffmpeg-whip', [...picture, ...tone, ...video, ...audio, '-f', 'whip', '-authorization', streamKey, url]);
}

async function run(program: MediaTool, args: readonly string[]): Promise<Encoder> {
  const command = await mediaTool(program);
  const child = spawn(command.file, [...command.arguments, '-hide_banner', '-nostdin', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  return { output: () => output, ended: exitCode(child), stop: () => stop(child) };
}

async function exitCode(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  const deadline = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(deadline);
}
