import { spawn } from 'node:child_process';
import type { PublishSession } from '../../shared/broadcast';
import type { Logger } from '../../shared/log';
import { hlsKeys, type MediaLocation } from '../../shared/media-layout';
import { audioRendition } from '../ladder/table';
import type { Cut } from '../segments/cutter';
import type { InitSegment } from '../segments/fragments';
import type { ObjectStore } from '../upload/object-store';

export interface ThumbnailOptions {
  readonly ffmpegPath: string;
  readonly store: ObjectStore;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

const everySeconds = 10;
const width = 640;
const longestMs = 5_000;

/**
 * A picture of the broadcast every ten seconds, from the first frame of a segment of the smallest rendition: one frame
 * decoded, where a second output of the ladder would decode and encode them all.
 */
export class ThumbnailMaker {
  #at: MediaLocation | undefined;
  #attempt = 0;
  #init: Buffer | undefined;
  #rendition = '';
  #sequence = 0;
  #dueSeconds = -Infinity;
  #busy = false;

  constructor(private readonly options: ThumbnailOptions) {}

  began(session: PublishSession, attempt: number, inits: ReadonlyMap<string, InitSegment>): void {
    const smallest = [...inits].filter(([name]) => name !== audioRendition.name).at(-1);
    this.#at = session;
    this.#attempt = attempt;
    this.#init = smallest?.[1].bytes;
    this.#rendition = smallest?.[0] ?? '';
    this.#sequence = 0;
    this.#dueSeconds = -Infinity;
  }

  /** Makes one of this segment if it is time. A thumbnail that fails is one that is missing, no more. */
  offer(cut: Cut): void {
    const media = cut.parts.get(this.#rendition)?.bytes;
    if (!this.#at || !this.#init || !media || this.#busy || cut.startSeconds < this.#dueSeconds) return;
    this.#dueSeconds = cut.startSeconds + everySeconds;
    this.#busy = true;
    this.#make(this.#at, Buffer.concat([this.#init, media]))
      .catch((error: unknown) => this.options.log.warn({ err: error }, 'a thumbnail could not be made'))
      .finally(() => {
        this.#busy = false;
      });
  }

  async #make(at: MediaLocation, segment: Buffer): Promise<void> {
    const { ffmpegPath, store, signal } = this.options;
    const picture = await firstFrame(ffmpegPath, segment, width, signal);
    const sequence = this.#sequence;
    this.#sequence += 1;
    await store.put(hlsKeys.thumbnail(at, this.#attempt, sequence), picture, 'thumbnail', signal);
    await store.put(hlsKeys.latestThumbnail(at), picture, 'latestThumbnail', signal);
  }
}

/** JPEG of the first frame of an MP4. */
async function firstFrame(
  ffmpegPath: string,
  media: Buffer,
  pictureWidth: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const child = spawn(
    ffmpegPath,
    [
      ...['-hide_banner', '-loglevel', 'error', '-threads', '1', '-i', 'pipe:0', '-frames:v', '1'],
      ...['-vf', `scale=${pictureWidth}:-2`, '-q:v', '4', '-f', 'mjpeg', 'pipe:1'],
    ],
    { stdio: ['pipe', 'pipe', 'pipe'], signal: AbortSignal.any([signal, AbortSignal.timeout(longestMs)]) },
  );
  const complaint: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => complaint.push(chunk));
  // ffmpeg closes its input once it has the frame.
  child.stdin.on('error', () => undefined);
  child.stdin.end(media);
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
