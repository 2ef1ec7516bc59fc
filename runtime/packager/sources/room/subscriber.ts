import { createServer, type Socket } from 'node:net';
import { PassThrough, type Writable } from 'node:stream';
import { AudioRing } from './audio-ring';
import { ConstantRateClock } from './constant-rate-clock';
import { FrameQueue } from './frame-queue';
import { fitInto, type Picture, pictureBytes, slate } from './i420';
import { type SubscriberMessage, type SubscriberSettings, settingsVariable } from './protocol';
import { readRoom } from './room-reader';

/**
 * A process of its own: WebRTC's native code may crash or leak without taking other broadcasts along. It turns a room
 * into two endless streams at a constant rate, whatever happens in the room, and gives them to ffmpeg over sockets.
 */

/** Audio is held back this long against jitter: what is there, at least, when a frame's worth is taken. */
const holdBackMs = 50;

/**
 * Video waits as long, and for what sound takes longer on its way to us, by flashes and beeps
 * (`npm run test:media -- "(WHIP)"`): sound came 5 to 86 ms after a picture held back 45 ms, later on a busier machine,
 * and -20 to 31 ms after one held back 75 ms.
 */
const pictureHoldBackMs = holdBackMs + 75;

/** A sender that shows no picture for this long after its sound began has none. */
const pictureWaitMs = 5_000;
const usualSize = { width: 1280, height: 720 };
const largestSide = 1920;

/** Unread bytes, in time, from which a pipe counts as full. */
const fullAfterMs = 400;
const framesEveryMs = 5_000;

const settings = JSON.parse(process.env[settingsVariable] ?? '') as SubscriberSettings;
const samplesPerMs = (settings.sampleRate * settings.channels) / 1_000;
const frames = new FrameQueue(pictureHoldBackMs);
const sound = new AudioRing(holdBackMs * samplesPerMs);
let counted = { arrived: 0, repeated: 0, slate: 0 };

function say(message: SubscriberMessage): void {
  process.send?.(message);
}

function sayFrames(): void {
  say({ type: 'frames', ...counted, dropped: frames.takeDropped() });
  counted = { arrived: 0, repeated: 0, slate: 0 };
}

/** The size of the picture, once a sender shows one or has had time to. */
function watchRoom(): Promise<{ readonly width: number; readonly height: number; readonly hasVideo: boolean }> {
  return new Promise((resolve) => {
    let hasSound = false;
    void readRoom(settings, {
      video(picture, announced) {
        counted.arrived += 1;
        frames.push(picture, performance.now());
        resolve({ ...canvasFor(announced ?? picture), hasVideo: true });
      },
      audio(samples) {
        sound.push(samples);
        if (!hasSound) setTimeout(() => resolve({ ...usualSize, hasVideo: false }), pictureWaitMs);
        hasSound = true;
      },
      videoGone: () => frames.clear(),
      audioGone: () => sound.clear(),
    });
  });
}

/** The announced size, bounded, with even sides. */
function canvasFor({ width, height }: { readonly width: number; readonly height: number }) {
  const scale = Math.min(1, largestSide / Math.max(width, height));
  return { width: Math.floor((width * scale) / 2) * 2, height: Math.floor((height * scale) / 2) * 2 };
}

/** Resolves with ffmpeg's connection. */
function acceptOne(path: string): { readonly listening: Promise<void>; readonly connected: Promise<Socket> } {
  const server = createServer();
  const connected = new Promise<Socket>((resolve) => {
    server.once('connection', (socket) => {
      server.close();
      // ffmpeg has gone: so has our reason to be.
      socket.once('error', () => process.exit(0));
      socket.once('close', () => process.exit(0));
      resolve(socket);
    });
  });
  const listening = new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return { listening, connected };
}

/** Writes what the clock says is due, for ever. When ffmpeg takes neither stream, time stands still. */
function runClock(video: Writable, audio: Writable, size: { readonly width: number; readonly height: number }): void {
  const nothing = slate(size.width, size.height);
  sound.trim();
  const startedAtMs = performance.now();
  const clock = new ConstantRateClock(startedAtMs, settings.frameRate, settings.sampleRate);
  const fullVideo = (pictureBytes(size.width, size.height) * settings.frameRate * fullAfterMs) / 1_000;
  const fullAudio = samplesPerMs * 2 * fullAfterMs;
  let lastTickMs = startedAtMs;
  let lastPicture: { readonly from: Picture; readonly fitted: Picture } | undefined;
  const pictureNow = (nowMs: number): Picture => {
    const picked = frames.pick(nowMs);
    if (!picked) {
      counted.slate += 1;
      return nothing;
    }
    if (lastPicture?.from === picked) counted.repeated += 1;
    else lastPicture = { from: picked, fitted: fitInto(picked, size.width, size.height) };
    return lastPicture?.fitted ?? nothing;
  };
  setInterval(() => {
    const nowMs = performance.now();
    if (video.writableLength > fullVideo && audio.writableLength > fullAudio) {
      clock.skip(nowMs - lastTickMs);
      lastTickMs = nowMs;
      return;
    }
    lastTickMs = nowMs;
    const due = clock.advance(nowMs);
    for (let frame = 0; frame < due.frames; frame += 1) video.write(pictureNow(nowMs).data);
    if (due.samples === 0) return;
    const samples = sound.take(due.samples * settings.channels);
    audio.write(Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength));
  }, tickMs);
}

/** Shorter than a frame: each is written when it is due, to within this. */
const tickMs = 20;

async function main(): Promise<void> {
  // The packager has gone: nobody would end us.
  process.on('disconnect', () => process.exit(0));
  const size = await watchRoom();
  const [video, audio] = [acceptOne(settings.videoSocket), acceptOne(settings.audioSocket)];
  await Promise.all([video.listening, audio.listening]);
  say({ type: 'ready', ...size });
  // ffmpeg opens its second input only when it has read from the first: what is for it waits.
  const waitingAudio = new PassThrough();
  void audio.connected.then((socket) => waitingAudio.pipe(socket));
  const videoSocket = await video.connected;
  say({ type: 'started', atMs: Date.now() });
  runClock(videoSocket, waitingAudio, size);
  setInterval(sayFrames, framesEveryMs).unref();
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
