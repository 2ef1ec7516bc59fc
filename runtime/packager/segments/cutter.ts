import { segmentSeconds } from '../../shared/media-layout';
import { audioFragmentSeconds } from '../ladder/ffmpeg-arguments';
import { longestSegmentSeconds } from '../ladder/plan';
import { audioRendition } from '../ladder/table';
import type { Fragment } from './fragments';

/** One segment of every rendition, over the same stretch of the source. */
export interface Cut {
  readonly startSeconds: number;
  /** Of the lead; the others are as long, audio to within a fragment. */
  readonly durationSeconds: number;
  readonly parts: ReadonlyMap<string, CutPart>;
}

export interface CutPart {
  readonly bytes: Buffer;
  readonly durationSeconds: number;
}

export interface CutterOptions {
  /** Renditions that are made; the first decides where segments begin. */
  readonly renditions: readonly string[];
  readonly targetSeconds: number;
  /** What was published before a restart is not published again. */
  readonly notBeforeSeconds: number;
}

/** Two renditions' boundaries are the same moment within this. */
const sameMomentSeconds = 0.02;

/** A segment may be closed this much early rather than wait for another group of pictures. */
const closesEarlySeconds = 0.25;

/**
 * Cuts what ffmpeg makes into segments that begin at the same moment on every rendition. Pure: fragments in, cuts out.
 *
 * Whole groups of pictures of the lead are packed into a segment until it is long enough; the other renditions follow
 * the lead's boundaries. A group longer than the target duration allows is not published: {@link irregularAtSeconds}.
 */
export class Cutter {
  readonly #lead: string;
  readonly #queues: Map<string, Fragment[]>;
  readonly #boundaries: { readonly start: number; readonly end: number }[] = [];
  #open: { readonly start: number; end: number } | undefined;
  #irregularAt: number | undefined;

  constructor(private readonly options: CutterOptions) {
    this.#lead = options.renditions[0] ?? audioRendition.name;
    this.#queues = new Map(options.renditions.map((name) => [name, []]));
  }

  /** Start of a group of pictures too long to publish; all before it has been cut once {@link isDrained}. */
  get irregularAtSeconds(): number | undefined {
    return this.#irregularAt;
  }

  get isDrained(): boolean {
    return this.#boundaries.length === 0;
  }

  push(rendition: string, fragment: Fragment): Cut[] {
    const queue = this.#queues.get(rendition);
    if (!queue) throw new Error(`${rendition} is not one of this ladder's renditions`);
    if (this.#irregularAt !== undefined && rendition === this.#lead) return [];
    if (rendition === this.#lead && !this.#admit(fragment)) return [];
    queue.push(fragment);
    return this.#takeComplete(false);
  }

  /** The source has ended: what is left becomes the last segment. */
  flush(): Cut[] {
    this.#close();
    return this.#takeComplete(true);
  }

  #admit({ startSeconds, durationSeconds }: Fragment): boolean {
    if (startSeconds < this.options.notBeforeSeconds - sameMomentSeconds) return false;
    const longest = longestSegmentSeconds(this.options.targetSeconds);
    if (durationSeconds > longest) {
      this.#close();
      this.#irregularAt = startSeconds;
      return false;
    }
    const end = startSeconds + durationSeconds;
    if (this.#open && end - this.#open.start > longest) this.#close();
    this.#open ??= { start: startSeconds, end };
    this.#open.end = end;
    if (this.#open.end - this.#open.start >= segmentSeconds - closesEarlySeconds) this.#close();
    return true;
  }

  #close(): void {
    if (this.#open) this.#boundaries.push(this.#open);
    this.#open = undefined;
  }

  #takeComplete(ended: boolean): Cut[] {
    const cuts: Cut[] = [];
    for (let next = this.#boundaries[0]; next; next = this.#boundaries[0]) {
      const { start, end } = next;
      if (!ended && ![...this.#queues].every(([name, queue]) => reaches(name, queue, end))) break;
      this.#boundaries.shift();
      const parts = new Map<string, CutPart>();
      for (const [name, queue] of this.#queues) {
        const part = takePart(queue, start, end);
        if (part) parts.set(name, part);
      }
      // The end of a source may lack a rendition's last frames; anywhere else it is a fault of ours.
      if (parts.size === this.#queues.size) cuts.push({ startSeconds: start, durationSeconds: end - start, parts });
      else if (!ended) throw new Error(`no ${missing(this.#queues, parts)} between ${start} s and ${end} s`);
    }
    return cuts;
  }
}

const endOf = ({ startSeconds, durationSeconds }: Fragment) => startSeconds + durationSeconds;
const middleOf = ({ startSeconds, durationSeconds }: Fragment) => startSeconds + durationSeconds / 2;

/** Whether all fragments that belong before `end` are there. */
function reaches(name: string, queue: readonly Fragment[], end: number): boolean {
  const last = queue[queue.length - 1];
  if (!last) return false;
  const tolerance = name === audioRendition.name ? audioFragmentSeconds / 2 : sameMomentSeconds;
  return middleOf(last) >= end || endOf(last) >= end - tolerance;
}

/** Takes the fragments whose middle lies before `end`; those before `start` are of what is not published. */
function takePart(queue: Fragment[], start: number, end: number): CutPart | undefined {
  let count = 0;
  while (count < queue.length && middleOf(queue[count] as Fragment) < end) count += 1;
  const taken = queue.splice(0, count).filter((fragment) => middleOf(fragment) >= start);
  if (taken.length === 0) return undefined;
  return {
    bytes: Buffer.concat(taken.flatMap(({ pieces }) => pieces)),
    durationSeconds: taken.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0),
  };
}

function missing(queues: ReadonlyMap<string, unknown>, parts: ReadonlyMap<string, unknown>): string {
  return [...queues.keys()].filter((name) => !parts.has(name)).join(', ');
}
