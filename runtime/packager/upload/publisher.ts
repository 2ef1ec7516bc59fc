import type { Logger } from '../../shared/log';
import { hlsKeys } from '../../shared/media-layout';
import type { Captions } from '../captions/captions';
import { captionRendition, type SegmentTime } from '../captions/web-vtt';
import { audioRendition } from '../ladder/table';
import { type Lease, LeaseLostError } from '../lease/lease';
import type { AnnouncedRendition, Progress, Published, TimelineEntry } from '../lease/progress';
import type { Cut } from '../segments/cutter';
import type { InitSegment } from '../segments/fragments';
import { Bandwidth } from './bandwidth';
import type { ObjectStore } from './object-store';
import { PlaylistWriter } from './playlist-writer';
import { retryUntilDone } from './retry';
import type { SegmentSpool } from './spool';
import { type SegmentObject, Uploader, type UploadResult } from './uploader';

export interface PublisherMetrics {
  uploadFailed(): void;
  segmentPublished(ageSeconds: number): void;
  segmentDropped(): void;
}

export interface PublisherOptions {
  readonly lease: Lease;
  readonly store: ObjectStore;
  readonly spool: SegmentSpool;
  readonly spoolSeconds: number;
  readonly captions: Captions;
  readonly metrics: PublisherMetrics;
  readonly log: Logger;
}

/** One run of the encoder: what it makes and how its clock maps to the session's. */
export interface Attempt {
  readonly number: number;
  readonly session: Progress['session'];
  readonly targetSeconds: number;
  readonly frameRate: number;
  readonly aliases: Readonly<Record<string, string>>;
  readonly inits: ReadonlyMap<string, InitSegment>;
  /** Bits per second that the encoder was asked for, by rendition: what is announced until more is measured. */
  readonly plannedBandwidth: ReadonlyMap<string, number>;
  /** The session's milliseconds at ffmpeg's second 0. */
  readonly mediaMsAtZero: number;
}

export interface Announcement {
  /** Video renditions, top first. */
  readonly names: readonly string[];
  readonly targetSeconds: number;
  readonly captionLanguages: readonly string[];
}

/** Where a segment is in the presentation. */
export interface SegmentPlace {
  /** Its media sequence number. */
  readonly sequence: number;
  /** Sum of the durations of all segments before it, over every attempt. */
  readonly startSeconds: number;
}

/** A segment between the cutter and the playlists. */
interface Prepared {
  readonly entry: TimelineEntry;
  readonly endMediaMs: number;
  readonly attempt: Attempt;
}

/**
 * Turns cuts into published segments: upload, fenced commit, playlists, in that order. A segment reaches the
 * playlists only when storage has acknowledged it on every rendition and Redis has confirmed that the lease is ours.
 */
export class Publisher {
  readonly #uploader: Uploader;
  readonly #playlists: PlaylistWriter;
  readonly #bandwidth = new Bandwidth();
  readonly #prepared = new Map<number, Prepared>();
  readonly #timeline: TimelineEntry[];
  readonly #stopped = new AbortController();
  #progress: Progress | undefined;
  #attempt: Attempt | undefined;
  #initialized: Promise<void> = Promise.resolve();
  #nextSequence: number;
  #addedSeconds: number;
  #commits: Promise<void> = Promise.resolve();
  #failure: unknown;
  #interruptedAtMs: number | undefined;
  #addedUntil: { readonly sessionId: string; readonly mediaMs: number } | undefined;
  #announcement: Announcement | undefined;
  /** Wall clock of the broadcast's first frame. */
  #firstStartMs: number | undefined;

  constructor(
    private readonly options: PublisherOptions,
    resumed: Published | undefined,
  ) {
    this.#progress = resumed?.progress;
    this.#timeline = resumed?.timeline ?? [];
    this.#nextSequence = resumed?.progress.nextSequence ?? 0;
    this.#firstStartMs = this.#timeline[0]?.startMs;
    this.#addedSeconds = this.#timeline.reduce((sum, { seconds }) => sum + seconds, 0);
    if (resumed) {
      const { session, mediaMs, video, targetSeconds, captionLanguages } = resumed.progress;
      this.#addedUntil = { sessionId: session.sessionId, mediaMs };
      this.#announcement = { names: video.map(({ name }) => name), targetSeconds, captionLanguages };
    }
    this.#playlists = new PlaylistWriter({ ...options, signal: this.#stopped.signal });
    this.#uploader = new Uploader({
      ...options,
      settled: (sequence, result) => this.#settle(sequence, result),
      failed: () => options.metrics.uploadFailed(),
    });
    options.lease.lost.addEventListener('abort', () => this.stop(options.lease.lost.reason));
  }

  get progress(): Progress | undefined {
    return this.#progress;
  }

  get timeline(): readonly TimelineEntry[] {
    return this.#timeline;
  }

  /** Where the segment will be that is added next. */
  get nextPlace(): SegmentPlace {
    return { sequence: this.#nextSequence, startSeconds: this.#addedSeconds };
  }

  lagSeconds(nowMs: number): number {
    return this.#uploader.lagSeconds(nowMs);
  }

  /** What players have been told for good; undefined before the first attempt. */
  get announcement(): Announcement | undefined {
    return this.#announcement;
  }

  /** A session's milliseconds up to which media has been taken; undefined when none of it has. */
  mediaMsOf(sessionId: string): number | undefined {
    return this.#addedUntil?.sessionId === sessionId ? this.#addedUntil.mediaMs : undefined;
  }

  /** Begins an attempt; its init segments go ahead of all its media. */
  begin(attempt: Attempt): void {
    this.#attempt = attempt;
    this.#interruptedAtMs = undefined;
    this.#announcement ??= {
      names: [...attempt.inits.keys()].filter(isVideo),
      targetSeconds: attempt.targetSeconds,
      captionLanguages: attempt.session.captionLanguages,
    };
    const { store, log } = this.options;
    const { signal } = this.#stopped;
    const uploads = [...attempt.inits].map(([name, { bytes }]) => {
      const key = hlsKeys.initSegment(attempt.session, name, attempt.number);
      return retryUntilDone(
        () => store.put(key, bytes, 'initSegment', signal),
        signal,
        (error, tries) => {
          this.options.metrics.uploadFailed();
          if (tries === 3) log.warn({ err: error, key }, 'an upload keeps failing');
        },
      );
    });
    this.#initialized = Promise.all(uploads).then(() => undefined);
    // Whoever awaits it sees the failure; nobody may be awaiting it yet.
    this.#initialized.catch(() => undefined);
  }

  /** Takes the next segment of the attempt that was begun. Resolves when it is on its way or in the spool. */
  async add(cut: Cut): Promise<void> {
    this.#throwIfFailed();
    const attempt = this.#attempt;
    if (!attempt) throw new Error('a segment came before its attempt');
    const sequence = this.#nextSequence;
    const seconds = rounded(cut.durationSeconds);
    this.#nextSequence += 1;
    this.#addedSeconds += seconds;
    const startMediaMs = attempt.mediaMsAtZero + cut.startSeconds * 1_000;
    const endMediaMs = startMediaMs + cut.durationSeconds * 1_000;
    this.#addedUntil = { sessionId: attempt.session.sessionId, mediaMs: endMediaMs };
    const startMs = Math.round(attempt.session.startedAtMs + startMediaMs);
    this.#firstStartMs ??= startMs;
    const time = { startMs, endMs: startMs + seconds * 1_000, mediaSeconds: cut.startSeconds };
    const objects = [
      ...this.#mediaObjects(cut, attempt, sequence),
      ...this.#captionObjects({ ...time, firstStartMs: this.#firstStartMs }, attempt, sequence),
    ];
    this.#prepared.set(sequence, {
      attempt,
      endMediaMs,
      entry: {
        sequence,
        attempt: attempt.number,
        seconds,
        audioSeconds: rounded(cut.parts.get(audioRendition.name)?.durationSeconds ?? cut.durationSeconds),
        startMs,
      },
    });
    await this.#uploader.add({ sequence, seconds: cut.durationSeconds, initialized: this.#initialized, objects });
  }

  #mediaObjects(cut: Cut, attempt: Attempt, sequence: number): SegmentObject[] {
    return [...cut.parts].map(([name, { bytes, durationSeconds }]) => {
      this.#bandwidth.add(name, bytes.length, durationSeconds);
      return {
        key: hlsKeys.mediaSegment(attempt.session, name, attempt.number, sequence),
        kind: 'mediaSegment',
        bytes,
      };
    });
  }

  #captionObjects(time: SegmentTime, attempt: Attempt, sequence: number): SegmentObject[] {
    return (this.#announcement?.captionLanguages ?? []).map((language) => {
      const key = hlsKeys.captions(attempt.session, captionRendition(language), attempt.number, sequence);
      return { key, kind: 'captions', bytes: Buffer.from(this.options.captions.segment(language, time)) };
    });
  }

  /** Resolves when all that was added is published. */
  async drained(): Promise<void> {
    await this.#uploader.idle();
    await this.#commits;
    this.#throwIfFailed();
    await this.#playlists.idle();
  }

  /** Records that the encoder went away, after all that it sent; a new attempt takes it back. */
  markInterrupted(interruptedAtMs: number): void {
    this.#interruptedAtMs ??= interruptedAtMs;
    this.#enqueue(async () => {
      if (this.#progress && this.#interruptedAtMs !== undefined) {
        await this.#commit({ ...this.#progress, interruptedAtMs: this.#interruptedAtMs }, []);
      }
    });
  }

  /**
   * The broadcast is over: playlists get their ENDLIST, then `handOn` passes the broadcast on, then it counts as ended.
   * A packager that dies in between leaves an end that the next one repeats.
   */
  async end(handOn: () => Promise<void>): Promise<void> {
    await this.drained();
    const progress = this.#progress;
    if (!progress) return;
    await this.#commit(progress, []);
    this.#playlists.update({ ...progress, ended: true }, this.#timeline);
    await this.#playlists.idle();
    await handOn();
    await this.#commit({ ...progress, ended: true }, []);
  }

  /** Drops everything at once. */
  stop(reason: unknown): void {
    this.#failure ??= reason;
    this.#stopped.abort(reason);
    this.#uploader.abort();
  }

  #settle(sequence: number, result: UploadResult): void {
    const prepared = this.#prepared.get(sequence);
    if (!prepared) return;
    this.#prepared.delete(sequence);
    if (result === 'dropped') this.options.metrics.segmentDropped();
    this.#enqueue(() => this.#publish(prepared, result));
  }

  /** Commits happen one after the other. */
  #enqueue(commit: () => Promise<void>): void {
    this.#commits = this.#commits.then(commit).catch((error: unknown) => this.stop(error));
  }

  async #publish({ entry, endMediaMs, attempt }: Prepared, result: UploadResult): Promise<void> {
    const published: TimelineEntry = result === 'dropped' ? { ...entry, gap: true } : entry;
    const progress: Progress = {
      session: attempt.session,
      mediaMs: endMediaMs,
      nextSequence: entry.sequence + 1,
      targetSeconds: attempt.targetSeconds,
      frameRate: this.#progress?.frameRate ?? attempt.frameRate,
      ...this.#announced(attempt),
      aliases: { ...this.#progress?.aliases, [attempt.number]: { ...attempt.aliases } },
      ...(this.#interruptedAtMs !== undefined && { interruptedAtMs: this.#interruptedAtMs }),
      captionLanguages: [...(this.#announcement?.captionLanguages ?? [])],
      ended: false,
    };
    await this.#commit(progress, [published]);
    this.#playlists.update(progress, this.#timeline);
    const ageSeconds = (Date.now() - published.startMs) / 1_000 - published.seconds;
    this.options.metrics.segmentPublished(ageSeconds);
  }

  async #commit(progress: Progress, entries: readonly TimelineEntry[]): Promise<void> {
    const { lease, log } = this.options;
    await retryUntilDone(
      async () => {
        try {
          await lease.commit(progress, entries);
        } catch (error) {
          // Not a thing to repeat: stop first, so that the retry ends.
          if (error instanceof LeaseLostError) this.stop(error);
          throw error;
        }
      },
      this.#stopped.signal,
      (error) => log.warn({ err: error }, 'progress could not be written'),
    );
    this.#progress = progress;
    this.#timeline.push(...entries);
  }

  /** Names and order are those first announced; figures grow as more is measured. */
  #announced(attempt: Attempt): Pick<Progress, 'video' | 'audio'> {
    const describe = (name: string): AnnouncedRendition => {
      const before = this.#find(name);
      const init = attempt.inits.get(name);
      const measured = this.#bandwidth.of(name);
      return {
        name,
        width: before?.width ?? init?.size?.width ?? 0,
        height: before?.height ?? init?.size?.height ?? 0,
        codec: before?.codec ?? init?.codec ?? '',
        peakBandwidth: Math.max(before?.peakBandwidth ?? 0, measured.peak, attempt.plannedBandwidth.get(name) ?? 0),
        averageBandwidth: measured.average || (before?.averageBandwidth ?? 0),
      };
    };
    return { video: (this.#announcement?.names ?? []).map(describe), audio: describe(audioRendition.name) };
  }

  #find(name: string): AnnouncedRendition | undefined {
    if (name === audioRendition.name) return this.#progress?.audio ?? undefined;
    return this.#progress?.video.find((rendition) => rendition.name === name);
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

const isVideo = (name: string) => name !== audioRendition.name;

/** Microseconds are more than a playlist says. */
const rounded = (seconds: number) => Math.round(seconds * 1e6) / 1e6;
