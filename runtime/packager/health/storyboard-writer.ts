import { NoSuchKey } from '@aws-sdk/client-s3';
import type { Logger } from '../../shared/log';
import { hlsKeys, type MediaLocation } from '../../shared/media-layout';
import { parseStoryboard, type StoryboardCue, storyboardText, tileAt, tilesPerSheet } from '../../shared/storyboard';
import type { ObjectStore } from '../upload/object-store';
import type { SegmentPlace } from '../upload/publisher';
import { spriteSheet } from './pictures';

export interface StoryboardWriterOptions {
  readonly ffmpegPath: string;
  readonly store: ObjectStore;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** What a predecessor has published: its storyboard goes on. */
export interface Predecessor {
  readonly session: MediaLocation;
  readonly nextSequence: number;
}

/** A thumbnail and where in the presentation it is from. */
export interface StoredPicture extends SegmentPlace {
  /** Object key. */
  readonly image: string;
}

/** Seconds from one picture to the next. */
export const everySeconds = 10;

/**
 * Keeps a broadcast's storyboard in storage. The newest pictures are named singly; whenever a sheet is full of them they
 * move there. Sheets are made of what storage has, so that a successor makes them as well, and no picture is held.
 */
export class StoryboardWriter {
  #cues: StoryboardCue[] | undefined;
  /** Index of the first cue that no sheet was made of. */
  #firstSingle = 0;
  #sheets = 0;

  constructor(
    private readonly options: StoryboardWriterOptions,
    private readonly predecessor: Predecessor | undefined,
  ) {}

  /** @param attempt names the sheet that this picture may complete */
  async add(at: MediaLocation, attempt: number, { sequence, startSeconds, image }: StoredPicture): Promise<void> {
    const cues = await this.#read();
    cues.push({ sequence, startSeconds, image: image.slice(hlsKeys.thumbnails(at).length) });
    if (cues.length - this.#firstSingle >= tilesPerSheet) await this.#makeSheet(at, attempt, cues);
    await this.#write(at, cues, startSeconds + everySeconds);
  }

  /** The broadcast is over: the pictures left get a sheet, the last cue its end. */
  async end(at: MediaLocation, attempt: number, lengthSeconds: number): Promise<void> {
    const cues = await this.#read();
    if (cues.length === 0) return;
    while (cues.length > this.#firstSingle) await this.#makeSheet(at, attempt, cues);
    await this.#write(at, cues, lengthSeconds);
  }

  /** Until the predecessor's storyboard could be read there is none to add to: a new one would lack all of its pictures. */
  async #read(): Promise<StoryboardCue[]> {
    if (this.#cues) return this.#cues;
    const cues = this.predecessor ? await this.#readBack(this.predecessor) : [];
    this.#firstSingle = cues.findLastIndex(({ tile }) => tile) + 1;
    this.#cues = cues;
    return cues;
  }

  /** Without the pictures of segments that the predecessor cut but never published. */
  async #readBack({ session, nextSequence }: Predecessor): Promise<StoryboardCue[]> {
    try {
      const text = (await this.options.store.get(hlsKeys.storyboard(session))).toString();
      return parseStoryboard(text).filter(({ sequence }) => sequence < nextSequence);
    } catch (error) {
      if (error instanceof NoSuchKey) return [];
      throw error;
    }
  }

  /** A sheet that cannot be made leaves its pictures as they are, for good. */
  async #makeSheet(at: MediaLocation, attempt: number, cues: StoryboardCue[]): Promise<void> {
    const { ffmpegPath, store, signal, log } = this.options;
    const first = this.#firstSingle;
    const singles = cues.slice(first, first + tilesPerSheet);
    this.#firstSingle += singles.length;
    const key = hlsKeys.spriteSheet(at, attempt, this.#sheets);
    this.#sheets += 1;
    const folder = hlsKeys.thumbnails(at);
    try {
      const pictures = await Promise.all(singles.map(({ image }) => store.get(`${folder}${image}`)));
      await store.put(key, await spriteSheet(ffmpegPath, pictures, signal), 'thumbnail', signal);
    } catch (error) {
      log.warn({ err: error, key }, 'a sprite sheet could not be made');
      return;
    }
    const image = key.slice(folder.length);
    cues.splice(first, singles.length, ...singles.map((cue, index) => ({ ...cue, image, tile: tileAt(index) })));
  }

  #write(at: MediaLocation, cues: readonly StoryboardCue[], endSeconds: number): Promise<void> {
    const { store, signal } = this.options;
    return store.put(hlsKeys.storyboard(at), Buffer.from(storyboardText(cues, endSeconds)), 'storyboard', signal);
  }
}
