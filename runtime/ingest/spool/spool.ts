import { EventEmitter, once } from 'node:events';
import { spoolBytes, spoolSeconds } from '../../shared/broadcast';
import type { Tracks } from '../../shared/flv';

/** An encoded FLV tag in its place on the session's timeline. */
export interface SpooledTag {
  readonly timestampMs: number;
  readonly bytes: Buffer;
  /** Whether decoding can begin here. */
  readonly entry: boolean;
}

export interface SpoolLimits {
  readonly milliseconds: number;
  readonly bytes: number;
}

interface Entry {
  readonly sequence: number;
  readonly timestampMs: number;
}

/** Sound alone can be entered anywhere; an entry a second is enough. */
const leastEntryDistanceMs = 1_000;

/**
 * The newest media of one session, for any number of readers that each keep their own place. It holds whole groups of
 * pictures reaching back at least `limits.milliseconds`, and never more than `limits.bytes`.
 */
export class Spool {
  private readonly changes = new EventEmitter().setMaxListeners(0);
  private readonly tags: SpooledTag[] = [];
  private readonly entries: Entry[] = [];
  /** Sequence number of `tags[0]`. */
  private first = 0;
  private bytes = 0;
  private over = false;

  constructor(
    readonly tracks: Tracks,
    /** Metadata and sequence headers, as tags; they hold for the whole session. */
    readonly headers: readonly Buffer[],
    private readonly limits: SpoolLimits = { milliseconds: spoolSeconds * 1_000, bytes: spoolBytes },
  ) {}

  get heldBytes(): number {
    return this.bytes;
  }

  get ended(): boolean {
    return this.over;
  }

  append(tag: SpooledTag): void {
    const sequence = this.first + this.tags.length;
    const last = this.entries.at(-1);
    const farEnough = this.tracks.video || !last || tag.timestampMs - last.timestampMs >= leastEntryDistanceMs;
    if (tag.entry && farEnough) this.entries.push({ sequence, timestampMs: tag.timestampMs });
    this.tags.push(tag);
    this.bytes += tag.bytes.length;
    this.evict(tag.timestampMs);
    this.changes.emit('change');
  }

  /** No more will come: readers end after the last tag. */
  end(): void {
    this.over = true;
    this.changes.emit('change');
  }

  /** Resolves at the next append or at the end. Rejects when `signal` aborts. */
  async changed(signal: AbortSignal): Promise<void> {
    await once(this.changes, 'change', { signal });
  }

  /** Sequence number to begin at: the entry at or before `fromMs`, else the oldest. Undefined while there is none. */
  entryAt(fromMs: number | undefined): number | undefined {
    const before = fromMs === undefined ? undefined : this.entries.findLast((entry) => entry.timestampMs <= fromMs);
    return (before ?? this.entries[0])?.sequence;
  }

  /** Whether a reader at `sequence` has lost its place. */
  hasDropped(sequence: number): boolean {
    return sequence < this.first;
  }

  /** On the session's timeline; 0 before there is any media. */
  get newestMs(): number {
    return this.tags.at(-1)?.timestampMs ?? 0;
  }

  /** On the session's timeline; undefined for what is not held. */
  timestampOf(sequence: number): number | undefined {
    return this.tags[sequence - this.first]?.timestampMs;
  }

  /** Tags from `sequence` on, as many as fit in `bytes` but at least one when there is one. */
  read(sequence: number, bytes: number): readonly SpooledTag[] {
    const from = sequence - this.first;
    let to = from;
    let taken = 0;
    for (let tag = this.tags[to]; tag && (taken === 0 || taken + tag.bytes.length <= bytes); tag = this.tags[to]) {
      taken += tag.bytes.length;
      to += 1;
    }
    return this.tags.slice(from, to);
  }

  private evict(newestMs: number): void {
    for (let second = this.entries[1]; second; second = this.entries[1]) {
      if (newestMs - second.timestampMs < this.limits.milliseconds && this.bytes <= this.limits.bytes) break;
      this.drop(second.sequence - this.first);
    }
    // One group alone is too large: what remains can be followed, but not entered before the next key frame.
    while (this.bytes > this.limits.bytes && this.tags.length > 1) this.drop(1);
  }

  private drop(count: number): void {
    for (const tag of this.tags.splice(0, count)) this.bytes -= tag.bytes.length;
    this.first += count;
    while (this.entries[0] && this.entries[0].sequence < this.first) this.entries.shift();
  }
}
