import type { Logger } from '../../shared/log';
import type { ObjectClassName } from '../../shared/media-layout';
import type { ObjectStore } from './object-store';
import { retryUntilDone } from './retry';
import type { SegmentSpool } from './spool';

export interface SegmentObject {
  readonly key: string;
  readonly kind: ObjectClassName;
  readonly bytes: Buffer;
}

/** Objects of one segment: all renditions. */
export interface SegmentUpload {
  readonly sequence: number;
  readonly seconds: number;
  /** Its attempt's init segments are there: without them it could not be played. */
  readonly initialized: Promise<void>;
  readonly objects: readonly SegmentObject[];
}

export type UploadResult = 'uploaded' | 'dropped';

export interface UploaderOptions {
  readonly store: ObjectStore;
  readonly spool: SegmentSpool;
  /** Media kept while storage is away. */
  readonly spoolSeconds: number;
  readonly log: Logger;
  /** Told in the order of sequences. */
  readonly settled: (sequence: number, result: UploadResult) => void;
  readonly failed: () => void;
}

/** Segments on their way at once: enough to catch up, few enough to leave the newest its share. */
const parallelSegments = 4;

interface Pending extends Omit<SegmentUpload, 'objects'> {
  readonly objects: readonly Omit<SegmentObject, 'bytes'>[];
  /** By key, until it waits in the spool. */
  bytes: ReadonlyMap<string, Buffer> | undefined;
  /** Its writing into the spool, if it has to wait. */
  spooling: Promise<void> | undefined;
  readonly abort: AbortController;
  readonly sinceMs: number;
  started: boolean;
  result: UploadResult | undefined;
}

/**
 * Uploads segments in parallel and settles them in order. Those that must wait do so in the spool; when more waits than
 * it may hold the oldest is dropped, which its playlist will tag as a gap.
 */
export class Uploader {
  readonly #pending: Pending[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(private readonly options: UploaderOptions) {}

  /** Takes a segment. Resolves when it is on its way or in the spool: the encoder never waits for storage. */
  async add({ objects, ...segment }: SegmentUpload): Promise<void> {
    const pending: Pending = {
      ...segment,
      objects: objects.map(({ key, kind }) => ({ key, kind })),
      bytes: new Map(objects.map(({ key, bytes }) => [key, bytes])),
      ...{ spooling: undefined, abort: new AbortController(), sinceMs: Date.now(), started: false, result: undefined },
    };
    this.#pending.push(pending);
    this.#dropOverflow();
    this.#pump();
    if (pending.started || pending.result !== undefined) return;
    pending.spooling = this.#spool(objects);
    await pending.spooling;
    pending.bytes = undefined;
  }

  async #spool(objects: readonly SegmentObject[]): Promise<void> {
    await Promise.all(objects.map(({ key, bytes }) => this.options.spool.write(key, bytes)));
  }

  /** Age of the oldest segment that is not uploaded; 0 when all are. */
  lagSeconds(nowMs: number): number {
    const oldest = this.#pending[0];
    return oldest ? Math.max(0, nowMs - oldest.sinceMs) / 1_000 : 0;
  }

  /** Resolves when nothing is pending. */
  async idle(): Promise<void> {
    while (this.#pending.length > 0) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** Gives up all that is pending. */
  abort(): void {
    for (const pending of this.#pending.splice(0)) pending.abort.abort();
    this.#wake();
  }

  #dropOverflow(): void {
    let seconds = this.#pending.reduce((sum, pending) => sum + pending.seconds, 0);
    for (const pending of this.#pending) {
      if (seconds <= this.options.spoolSeconds) break;
      seconds -= pending.seconds;
      if (pending.result !== undefined) continue;
      pending.result = 'dropped';
      pending.abort.abort();
      void this.#forget(pending);
      this.options.log.warn({ sequence: pending.sequence }, 'storage is away for longer than the spool holds');
    }
    this.#settle();
  }

  #pump(): void {
    const unsettled = this.#pending.filter(({ result }) => result === undefined);
    for (const pending of unsettled.slice(0, parallelSegments)) {
      if (pending.started) continue;
      pending.started = true;
      void this.#run(pending);
    }
  }

  async #run(pending: Pending): Promise<void> {
    const { store, spool, log, failed } = this.options;
    const { signal } = pending.abort;
    const put = async ({ key, kind }: Pending['objects'][number]) => {
      const body = pending.bytes?.get(key) ?? (await spool.read(key));
      await retryUntilDone(
        () => store.put(key, body, kind, signal),
        signal,
        (error, attempt) => {
          failed();
          if (attempt === 3) log.warn({ err: error, key }, 'an upload keeps failing');
        },
      );
    };
    try {
      await Promise.all([pending.initialized, ...pending.objects.map(put)]);
    } catch (error) {
      if (signal.aborted) return;
      // The spool itself failed: the media is lost, and the playlist must say so.
      log.error({ err: error, sequence: pending.sequence }, 'a segment could not be read back');
      pending.result = 'dropped';
    }
    pending.result ??= 'uploaded';
    await this.#forget(pending);
    this.#settle();
    this.#pump();
  }

  #settle(): void {
    for (let oldest = this.#pending[0]; oldest?.result !== undefined; oldest = this.#pending[0]) {
      this.#pending.shift();
      this.options.settled(oldest.sequence, oldest.result);
    }
    if (this.#pending.length === 0) this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  /** What is uploaded or dropped may still wait to be settled, and needs no memory for that. */
  async #forget(pending: Pending): Promise<void> {
    pending.bytes = undefined;
    if (!pending.spooling) return;
    // Whoever added it sees why it was not spooled.
    await pending.spooling.catch(() => undefined);
    await Promise.all(pending.objects.map(({ key }) => this.options.spool.remove(key)));
  }
}
