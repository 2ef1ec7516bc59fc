import type { PublishSession } from '../../shared/broadcast';
import type { Logger } from '../../shared/log';
import { hlsKeys, type MediaLocation } from '../../shared/media-layout';
import { audioRendition } from '../ladder/table';
import type { Cut } from '../segments/cutter';
import type { InitSegment } from '../segments/fragments';
import type { ObjectStore } from '../upload/object-store';
import type { SegmentPlace } from '../upload/publisher';
import { firstFrame } from './pictures';
import { everySeconds, type StoredPicture, type StoryboardWriter } from './storyboard-writer';

export interface ThumbnailOptions {
  readonly ffmpegPath: string;
  readonly store: ObjectStore;
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly storyboard: StoryboardWriter;
}

const width = 640;

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
  #making: Promise<void> | undefined;

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
  offer(cut: Cut, place: SegmentPlace): void {
    const media = cut.parts.get(this.#rendition)?.bytes;
    if (!this.#at || !this.#init || !media || this.#making || cut.startSeconds < this.#dueSeconds) return;
    this.#dueSeconds = cut.startSeconds + everySeconds;
    const key = hlsKeys.thumbnail(this.#at, this.#attempt, this.#sequence);
    this.#sequence += 1;
    this.#making = this.#make(this.#at, this.#attempt, Buffer.concat([this.#init, media]), { ...place, image: key })
      .catch((error: unknown) => this.options.log.warn({ err: error }, 'a thumbnail could not be made'))
      .finally(() => {
        this.#making = undefined;
      });
  }

  /** Completes the storyboard of a broadcast that is over. Never throws: what fails is missing. */
  async end(at: MediaLocation, attempt: number, lengthSeconds: number): Promise<void> {
    await this.#making;
    await this.options.storyboard
      .end(at, attempt, lengthSeconds)
      .catch((error: unknown) => this.options.log.warn({ err: error }, 'the storyboard could not be completed'));
  }

  async #make(at: MediaLocation, attempt: number, segment: Buffer, picture: StoredPicture): Promise<void> {
    const { ffmpegPath, store, signal, storyboard } = this.options;
    const bytes = await firstFrame(ffmpegPath, segment, width, signal);
    await store.put(picture.image, bytes, 'thumbnail', signal);
    await store.put(hlsKeys.latestThumbnail(at), bytes, 'latestThumbnail', signal);
    await storyboard.add(at, attempt, picture);
  }
}
