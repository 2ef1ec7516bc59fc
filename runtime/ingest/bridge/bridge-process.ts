import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import {
  AudioFrame,
  AudioSource,
  LocalAudioTrack,
  LocalVideoTrack,
  Room,
  RoomEvent,
  TrackPublishOptions,
  TrackSource,
  VideoBufferType,
  VideoCodec,
  VideoFrame,
  VideoSource,
} from '@livekit/rtc-node';
import { type BridgeSettings, settingsVariable } from './settings';
import { Y4mReader } from './y4m-reader';

/**
 * A process of its own, because WebRTC's native code may crash and its encoder takes a share of a core: decodes the FLV
 * on its standard input and publishes picture and sound to a LiveKit room. Ends with its input.
 */

const sampleRate = 48_000;
const channels = 2;
const samplesPerFrame = sampleRate / 100;
const audioFrameBytes = samplesPerFrame * channels * Int16Array.BYTES_PER_ELEMENT;
/** Viewers by WebRTC get at most this; more would cost the gate another core per broadcast. */
const longestSide = 1_280;
const frameRate = 30;

const settings = JSON.parse(process.env[settingsVariable] ?? '') as BridgeSettings;
const room = new Room();

async function run(): Promise<void> {
  await room.connect(settings.url, settings.token, { autoSubscribe: false, dynacast: true });
  room.once(RoomEvent.Disconnected, () => process.exit(0));
  const ffmpeg = spawn(settings.ffmpegPath, decoderArguments(), {
    stdio: ['inherit', 'ignore', 'inherit', 'pipe', 'pipe'],
  });
  ffmpeg.once('error', fail);
  const [video, audio] = [ffmpeg.stdio[3], ffmpeg.stdio[4]] as [Readable, Readable];
  await Promise.all([settings.tracks.video && publishVideo(video), settings.tracks.audio && publishAudio(audio)]);
  await room.disconnect();
}

function decoderArguments(): string[] {
  const size = `w='trunc(iw*min(1,${longestSide}/max(iw,ih))/2)*2':h='trunc(ih*min(1,${longestSide}/max(iw,ih))/2)*2'`;
  const video = ['-map', '0:v:0', '-vf', `scale=${size},fps=${frameRate}`, '-pix_fmt', 'yuv420p'];
  // Sound that is missing or late is filled up, so that it stays with the picture.
  const audio = ['-map', '0:a:0', '-af', 'aresample=async=1000', '-ar', String(sampleRate), '-ac', String(channels)];
  return [
    ...['-hide_banner', '-loglevel', 'error', '-nostats'],
    ...['-fflags', 'nobuffer', '-probesize', '500000', '-analyzeduration', '500000', '-f', 'flv', '-i', 'pipe:0'],
    ...(settings.tracks.video ? [...video, '-f', 'yuv4mpegpipe', 'pipe:3'] : []),
    ...(settings.tracks.audio ? [...audio, '-f', 's16le', 'pipe:4'] : []),
  ];
}

async function publishVideo(stream: Readable): Promise<void> {
  const reader = new Y4mReader();
  let source: VideoSource | undefined;
  for await (const bytes of stream) {
    reader.push(bytes as Buffer);
    for (let picture = reader.next(); picture; picture = reader.next()) {
      const { width, height, planes } = picture;
      source ??= await publishCamera(width, height);
      source.captureFrame(new VideoFrame(planes, width, height, VideoBufferType.I420));
    }
  }
}

async function publishCamera(width: number, height: number): Promise<VideoSource> {
  const source = new VideoSource(width, height);
  const options = { source: TrackSource.SOURCE_CAMERA, videoCodec: VideoCodec.H264, simulcast: true };
  await publish(LocalVideoTrack.createVideoTrack('video', source), options);
  return source;
}

async function publishAudio(stream: Readable): Promise<void> {
  // No queue: one of 200 ms drifts away from the picture.
  const source = new AudioSource(sampleRate, channels, 0);
  await publish(LocalAudioTrack.createAudioTrack('audio', source), { source: TrackSource.SOURCE_MICROPHONE });
  let rest: Buffer = Buffer.alloc(0);
  for await (const bytes of stream) {
    rest = Buffer.concat([rest, bytes as Buffer]);
    for (; rest.length >= audioFrameBytes; rest = rest.subarray(audioFrameBytes)) {
      const samples = new Int16Array(Uint8Array.prototype.slice.call(rest, 0, audioFrameBytes).buffer);
      await source.captureFrame(new AudioFrame(samples, sampleRate, channels, samplesPerFrame));
    }
  }
}

async function publish(
  track: LocalAudioTrack | LocalVideoTrack,
  options: ConstructorParameters<typeof TrackPublishOptions>[0],
): Promise<void> {
  await room.localParticipant?.publishTrack(track, new TrackPublishOptions(options));
}

function fail(error: unknown): never {
  console.error(error);
  process.exit(1);
}

// The gate has gone: nobody is left to tell this process to end.
process.once('disconnect', () => process.exit(0));
run().then(() => process.exit(0), fail);
