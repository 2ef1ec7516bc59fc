import { createReadStream } from 'node:fs';
import { appendFile, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Logger } from '../../shared/log';
import { hlsKeys, type MediaLocation } from '../../shared/media-layout';
import type { Progress, TimelineEntry } from '../lease/progress';
import { readFragments } from '../segments/fragments';
import type { ObjectStore } from '../upload/object-store';
import { runFfmpeg } from './ffmpeg';
import { partsOf, type RecordingPart } from './parts';
import type { RecordingStore } from './recording-store';

export interface RecordingOptions {
  readonly at: MediaLocation;
  readonly hls: ObjectStore;
  readonly recordings: RecordingStore;
  readonly ffmpegPath: string;
  /** Emptied before and removed after; needs room for twice the recording. */
  readonly directory: string;
  readonly log: Logger;
}

export interface Recording {
  readonly durationSeconds: number;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
}

/** Segments fetched at once. */
const parallelFetches = 6;
const posterSeconds = 5;
const posterWidth = 1280;

/**
 * Makes one MP4 of an ended broadcast, index in front, with a poster and a description, from the segments that viewers
 * saw. Nothing is encoded. It can be killed and begun again: nothing but its three objects is written.
 */
export async function makeRecording(
  options: RecordingOptions,
  progress: Progress,
  timeline: readonly TimelineEntry[],
): Promise<Recording> {
  const { directory, recordings, at, ffmpegPath, log } = options;
  const parts = partsOf(progress, timeline);
  if (parts.length === 0) throw new Error('nothing of this broadcast was published');
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  try {
    const file = join(directory, 'recording.mp4');
    // Transport stream in between: it carries codec parameters in band, so that parts of different encoders join.
    const joined = Readable.from(joinParts(options, parts));
    await runFfmpeg(
      ffmpegPath,
      ['-f', 'mpegts', '-i', 'pipe:0', '-map', '0', '-c', 'copy', '-movflags', '+faststart', file],
      joined,
    );
    const { size: bytes } = await stat(file);
    const durationSeconds = parts.reduce((sum, part) => sum + part.durationSeconds, 0);
    const { width = 0, height = 0 } = progress.video[0] ?? {};
    const recording = { durationSeconds, bytes, width, height };
    const retention = progress.session.retentionDays;
    await recordings.putRecording(at, file, retention);
    if (progress.video.length > 0) await putPoster(options, file, durationSeconds);
    await recordings.putMetadata(at, {
      ...recording,
      streamId: at.streamId,
      channelId: progress.session.channelId,
      startedAt: new Date(timeline[0]?.startMs ?? 0).toISOString(),
      retentionDays: retention,
      parts: parts.map(({ startSeconds, durationSeconds: seconds }) => ({ startSeconds, seconds })),
    });
    log.info(recording, 'the recording is made');
    return recording;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function putPoster({ directory, recordings, at, ffmpegPath }: RecordingOptions, file: string, seconds: number) {
  const poster = join(directory, 'poster.jpg');
  const from = Math.min(posterSeconds, seconds / 2).toFixed(3);
  const filter = `scale='min(${posterWidth},iw)':-2`;
  await runFfmpeg(ffmpegPath, ['-ss', from, '-i', file, '-frames:v', '1', '-vf', filter, '-q:v', '3', poster]);
  await recordings.putPoster(at, poster);
}

/** The parts one after the other as one transport stream; each is on disk only while it is read. */
async function* joinParts(options: RecordingOptions, parts: readonly RecordingPart[]): AsyncGenerator<Buffer> {
  for (const part of parts) {
    const file = await makePart(options, part);
    for await (const chunk of createReadStream(file)) yield chunk as Buffer;
    await rm(file);
  }
}

async function makePart(options: RecordingOptions, part: RecordingPart): Promise<string> {
  const { directory, ffmpegPath } = options;
  const file = join(directory, `${part.attempt}.ts`);
  const inputs = [part.video, part.audio].filter((name) => name !== undefined);
  const downloads: Download[] = [];
  for (const rendition of inputs) downloads.push(await download(options, part, rendition));
  const firstSeconds = Math.min(...downloads.map(({ startSeconds }) => startSeconds));
  await runFfmpeg(ffmpegPath, [
    '-copyts',
    ...downloads.flatMap(({ path }) => ['-i', path]),
    ...downloads.flatMap((_, index) => ['-map', String(index)]),
    ...['-c', 'copy', '-output_ts_offset', (part.startSeconds - firstSeconds).toFixed(6)],
    ...['-muxdelay', '0', '-muxpreload', '0', '-f', 'mpegts', file],
  ]);
  await Promise.all(downloads.map(({ path }) => rm(path)));
  return file;
}

interface Download {
  readonly path: string;
  readonly startSeconds: number;
}

/** One rendition of a part as a fragmented MP4 file. */
async function download({ at, hls, directory }: RecordingOptions, part: RecordingPart, rendition: string) {
  const path = join(directory, `${part.attempt}-${rendition}.mp4`);
  const init = await hls.get(hlsKeys.initSegment(at, rendition, part.attempt));
  await writeFile(path, init);
  let startSeconds: number | undefined;
  for (let index = 0; index < part.sequences.length; index += parallelFetches) {
    const batch = part.sequences.slice(index, index + parallelFetches);
    const segments = await Promise.all(
      batch.map((sequence) => hls.get(hlsKeys.mediaSegment(at, rendition, part.attempt, sequence))),
    );
    startSeconds ??= await firstFragmentSeconds(init, segments[0] ?? Buffer.alloc(0));
    await appendFile(path, Buffer.concat(segments));
  }
  return { path, startSeconds: startSeconds ?? 0 };
}

async function firstFragmentSeconds(init: Buffer, segment: Buffer): Promise<number> {
  for await (const part of readFragments(Readable.from([Buffer.concat([init, segment])]))) {
    if (part.kind === 'fragment') return part.startSeconds;
  }
  throw new Error('a segment without media');
}
