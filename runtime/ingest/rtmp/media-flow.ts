import { type MediaKind, writeFlvTag } from '../../shared/flv';
import { Spool } from '../spool/spool';
import { inspectTag, type Tag } from './tag-body';
import { Timeline } from './timeline';

/** The encoder sends what browsers cannot play or this gate cannot check. The message is for the broadcaster. */
export class UnsupportedCodec extends Error {
  override readonly name = 'UnsupportedCodec';
}

/** A stream that shows no second track for this long has none. */
const soloTrackMs = 1_500;
/** Held while waiting for the second track. */
const mostHeldBytes = 16 * 1024 * 1024;

type TrackKind = 'audio' | 'video';
type FrameTag = Extract<Tag, { readonly role: 'frame' }>;

interface HeldFrame {
  readonly tag: FrameTag;
  readonly timestamp: number;
  readonly body: Buffer;
  readonly arrivalMs: number;
}

/**
 * From a publisher's messages to spools. A spool begins when the tracks are known, and another one whenever the encoder
 * changes its codec parameters or adds a track: within one spool the sequence headers hold.
 */
export class MediaFlow {
  private metadata: Buffer | undefined;
  private readonly configurations = new Map<TrackKind, Buffer>();
  /** Frames that wait until the tracks are known; undefined while media flow. */
  private held: HeldFrame[] | undefined = [];
  private heldBytes = 0;
  private spool: Spool | undefined;
  private timeline = new Timeline();
  private entered = false;
  private newest = 0;
  /** Media time of the spools before this one. */
  private before = 0;
  private closedJumps = 0;

  /** @param begin told of each new spool; the one before takes no more */
  constructor(private readonly begin: (spool: Spool) => void) {}

  /** Milliseconds of media in all spools so far. */
  get mediaMs(): number {
    return this.newest;
  }

  get repairedTimestamps(): number {
    return this.closedJumps + this.timeline.repaired;
  }

  /** Throws {@link UnsupportedCodec}. `arrivalMs` is a monotonic clock's. */
  receive(kind: MediaKind, timestamp: number, body: Buffer, arrivalMs: number): void {
    const tag = inspectTag(kind, body);
    if (tag.kind === 'metadata') {
      this.metadata = body;
      return;
    }
    if (tag.role === 'unsupported') throw new UnsupportedCodec(explain(tag.kind, tag.codec));
    if (tag.role === 'header') this.configure(tag.kind, body);
    else if (tag.role === 'frame') this.frame({ tag, timestamp, body, arrivalMs });
  }

  private configure(kind: TrackKind, body: Buffer): void {
    if (this.configurations.get(kind)?.equals(body)) return;
    this.configurations.set(kind, body);
    // While media flow, new parameters begin a new spool, as soon as the other track's are known to stay or come too.
    if (this.spool) this.held = [];
    this.spool = undefined;
  }

  private frame(frame: HeldFrame): void {
    // A frame whose parameters never came cannot be decoded.
    if (!this.configurations.has(frame.tag.kind)) return;
    if (!this.held) {
      this.append(frame);
      return;
    }
    this.held.push(frame);
    this.heldBytes += frame.body.length;
    if (this.tracksAreKnown(this.held)) this.beginSpool(this.held);
  }

  private tracksAreKnown(held: readonly HeldFrame[]): boolean {
    if (this.configurations.size === 2 || this.heldBytes > mostHeldBytes) return true;
    const [first, last] = [held[0], held.at(-1)];
    return first !== undefined && last !== undefined && ((last.timestamp - first.timestamp) | 0) >= soloTrackMs;
  }

  private beginSpool(held: readonly HeldFrame[]): void {
    this.closedJumps += this.timeline.repaired;
    this.timeline = new Timeline();
    this.entered = false;
    this.before = this.newest;
    const headers = [
      ...(this.metadata ? [writeFlvTag({ type: 'metadata', timestampMs: 0, body: this.metadata })] : []),
      ...[...this.configurations].map(([type, body]) => writeFlvTag({ type, timestampMs: 0, body })),
    ];
    this.spool = new Spool(
      { audio: this.configurations.has('audio'), video: this.configurations.has('video') },
      headers,
    );
    this.held = undefined;
    this.heldBytes = 0;
    this.begin(this.spool);
    for (const frame of held) this.append(frame);
  }

  private append({ tag, timestamp, body, arrivalMs }: HeldFrame): void {
    if (!this.spool) return;
    const entry = tag.keyFrame && (tag.kind === 'video' || !this.spool.tracks.video);
    this.entered ||= entry;
    if (!this.entered) return;
    const timestampMs = this.timeline.place(tag.kind, timestamp, arrivalMs);
    this.spool.append({ timestampMs, bytes: writeFlvTag({ type: tag.kind, timestampMs, body }), entry });
    this.newest = Math.max(this.newest, this.before + timestampMs);
  }
}

function explain(kind: TrackKind, codec: string): string {
  return kind === 'video'
    ? `The video codec ${codec} is not supported. Set the encoder to H.264.`
    : `The audio codec ${codec} is not supported. Set the encoder to AAC.`;
}
