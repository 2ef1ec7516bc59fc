import { type RunningProcess, startProcess } from '../../../runtime/local/child-process';
import { type MediaTool, mediaTool } from '../../../runtime/local/media-tools';

export interface Encoder extends RunningProcess {
  /** What ffmpeg printed. */
  readonly output: string[];
}

export interface EncoderOptions {
  /** ffmpeg's arguments between the inputs and the output. */
  readonly coding?: readonly string[];
  readonly inputs?: readonly string[];
  readonly program?: MediaTool;
}

const picture = ['-re', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25'];
const tone = ['-re', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'];
/** One second between key frames, so that tests need not wait for the next. */
export const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-bf', '0', '-g', '25'];
export const aac = ['-c:a', 'aac', '-b:a', '64k'];

/** A real ffmpeg that broadcasts a pattern and a tone by RTMP until it is stopped or refused. */
export async function startEncoder(url: string, options: EncoderOptions = {}): Promise<Encoder> {
  const { inputs = [...picture, ...tone], coding = [...h264, ...aac] } = options;
  const quiet = ['-hide_banner', '-nostdin', '-loglevel', 'warning', '-nostats'];
  return startFfmpeg([...quiet, ...inputs, ...coding, '-f', 'flv', url], options.program);
}

export async function startFfmpeg(args: readonly string[], program: MediaTool = 'ffmpeg'): Promise<Encoder> {
  const output: string[] = [];
  const command = await mediaTool(program);
  const running = await startProcess({ name: program, command, arguments: args, onLine: (line) => output.push(line) });
  started.push(running);
  return { ...running, output };
}

const started: RunningProcess[] = [];

/** For `afterEach`: no encoder outlives the test that started it. */
export async function stopEncoders(): Promise<void> {
  await Promise.all(started.splice(0).map((encoder) => encoder.stop()));
}

export const sources = { picture, tone };

/** For services that run ffmpeg themselves. */
export const ffmpegFile = async () => (await mediaTool('ffmpeg')).file;
