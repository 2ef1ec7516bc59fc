import type { Logger } from '../../shared/log';
import type { ObjectClassName } from '../../shared/media-layout';
import type { ObjectStore } from './object-store';
import { retryUntilDone } from './retry';
import type { SegmentSpool } from './spool';

/** Objects of one segment: all renditions. */
export interface SegmentUpload {
  readonly sequence: number;
  readonly seconds: number;
  /** Its attempt's init segments are there: without them it could not be played. */
  readonly initialized: Promise<void>;
  readonly objects: readonly { readonly key: string; readonly kind: ObjectClassName }[];
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

interface Pending {
  readonly upload: SegmentUpload;
  readonly abort: AbortController;
  readonly sinceMs: number;
  started: boolean;
  result: UploadResult | undefined;
}

/**
 * Uploads segments in parallel and settles them in order. What storage cannot take stays in the spool; when the spool
 * is full the oldest is dropped, which its playlist will tag as a gap.
 */
export class Uploader {
  readonly #pending: Pending[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(private readonly options: UploaderOptions) {}

  /** Takes a segment whose objects are in the spool. Nothing is awaited: the encoder never waits for storage. */
  add(upload: SegmentUpload): void {
    this.#pending.push({
      upload,
      abort: new AbortController(),
      sinceMs: Date.now(),
      started: false,
      result: undefined,
    });
    this.#dropOverflow();
    this.#pump();
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
    let seconds = this.#pending.reduce((sum, { upload }) => sum + upload.seconds, 0);
    for (const pending of this.#pending) {
      if (seconds <= this.options.spoolSeconds) break;
      seconds -= pending.upload.seconds;
      if (pending.result !== undefined) continue;
      pending.result = 'dropped';
      pending.abort.abort();
      void this.#forget(pending.upload);
      this.options.log.warn({ sequence: pending.upload.sequence }, 'storage is away for longer than the spool holds');
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
    const put = async ({ key, kind }: SegmentUpload['objects'][number]) => {
      const body = await spool.read(key);
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
      await Promise.all([pending.upload.initialized, ...pending.upload.objects.map(put)]);
    } catch (error) {
      if (signal.aborted) return;
      // The spool itself failed: the media is lost, and the playlist must say so.
      log.error({ err: error, sequence: pending.upload.sequence }, 'a segment could not be read back');
      pending.result = 'dropped';
    }
    pending.result ??= 'uploaded';
    await this.#forget(pending.upload);
    this.#settle();
    this.#pump();
  }

  #settle(): void {
    for (let oldest = this.#pending[0]; oldest?.result !== undefined; oldest = this.#pending[0]) {
      this.#pending.shift();
      this.options.settled(oldest.upload.sequence, oldest.result);
    }
    if (this.#pending.length === 0) this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  async #forget({ objects }: SegmentUpload): Promise<void> {
    await Promise.all(objects.map(({ key }) => this.options.spool.remove(key)));
  }
}
