import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { cpuSecondsOf } from '../../shared/cpu-time';
import type { Logger } from '../../shared/log';
import { outputNames } from '../ladder/ffmpeg-arguments';
import type { LadderProcess } from '../ladder/ladder-process';
import { irregularKeyFrames, type LadderPlan } from '../ladder/plan';
import { audioRendition } from '../ladder/table';
import { type Cut, Cutter } from '../segments/cutter';
import { type InitSegment, readFragments } from '../segments/fragments';
import type { Publisher } from '../upload/publisher';
import type { AttemptOutcome, PlanChange } from './outcome';

export interface EncodingOptions {
  readonly ladder: LadderProcess;
  readonly plan: LadderPlan;
  readonly publisher: Publisher;
  /** Told when every rendition has described itself, before any segment. */
  readonly begin: (inits: ReadonlyMap<string, InitSegment>) => void;
  /** Told of each segment as it is cut, before the publisher has it, for health and thumbnails. */
  readonly cutDone: (cut: Cut) => void;
  /** Segments before this moment of ffmpeg's clock are published already. */
  readonly notBeforeSeconds: number;
  readonly log: Logger;
}

/**
 * One ffmpeg from its outputs' side: fragments to segments to the publisher. Ends when ffmpeg does, and kills it when
 * its output cannot be used.
 */
export class Encoding {
  readonly #cutter: Cutter;
  readonly #inits = new Map<string, InitSegment>();
  readonly #described: Promise<void>;
  #allDescribed: () => void = () => undefined;
  #replan: PlanChange | undefined;
  #abandoned = false;
  #complaint: string | undefined;
  #lastOutputAtMs = Date.now();
  #cpuSeconds = 0;

  constructor(private readonly options: EncodingOptions) {
    const { plan, notBeforeSeconds } = options;
    this.#described = new Promise((resolve) => {
      this.#allDescribed = resolve;
    });
    this.#cutter = new Cutter({
      renditions: outputNames(plan),
      targetSeconds: plan.targetSeconds,
      notBeforeSeconds,
    });
  }

  /** Milliseconds since the epoch at which ffmpeg last gave anything. */
  get lastOutputAtMs(): number {
    return this.#lastOutputAtMs;
  }

  /** Processor time that ffmpeg has used since this was last asked. */
  takeCpuSeconds(): number {
    const before = this.#cpuSeconds;
    this.#cpuSeconds = cpuSecondsOf(this.options.ladder.pid) ?? before;
    return this.#cpuSeconds - before;
  }

  /** Runs until ffmpeg ends. `undefined` is a proper end: all that was fed is published or on its way. */
  async run(): Promise<AttemptOutcome | undefined> {
    const { ladder } = this.options;
    try {
      await Promise.all([...ladder.outputs].map(([name, output]) => this.#readRendition(name, output)));
    } catch (error) {
      ladder.kill();
      await ladder.exited;
      throw error;
    }
    const { code, complaint } = await ladder.exited;
    if (this.#replan) return { kind: 'replan', change: this.#replan };
    if (this.#abandoned) return undefined;
    if (this.#complaint !== undefined) return { kind: 'encoder-failed', why: this.#complaint };
    if (code !== 0) return { kind: 'encoder-failed', why: `ffmpeg ended with ${code}: ${complaint}` };
    await this.#publish(this.#cutter.flush());
    return undefined;
  }

  /** Ends ffmpeg at once and plans anew; what it has not given yet comes again from the gate. */
  replan(change: PlanChange): void {
    this.#replan ??= change;
    this.options.ladder.kill();
  }

  /** Ends ffmpeg at once; whoever takes over gets what it has not given yet. */
  abandon(): void {
    this.#abandoned = true;
    this.options.ladder.kill();
  }

  /** Ends ffmpeg at once, as failed. */
  fail(why: string): void {
    this.#complaint = why;
    this.options.ladder.kill();
  }

  async #readRendition(name: string, output: Readable): Promise<void> {
    for await (const part of readFragments(output)) {
      this.#lastOutputAtMs = Date.now();
      if (part.kind === 'init') {
        this.#describe(name, part);
        continue;
      }
      await this.#described;
      if (this.#replan || this.#abandoned) return;
      await this.#publish(this.#cutter.push(name, part));
      this.#checkRegularity();
    }
  }

  #describe(name: string, init: InitSegment): void {
    this.#inits.set(name, init);
    if (this.#inits.size < this.options.ladder.outputs.size) return;
    // In the ladder's order, top first, not in that of their arrival.
    const order = outputNames(this.options.plan);
    this.options.begin(new Map([...this.#inits].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b))));
    this.#allDescribed();
  }

  #checkRegularity(): void {
    if (this.#cutter.irregularAtSeconds === undefined || !this.#cutter.isDrained) return;
    this.replan({ kind: 'must-transcode', why: irregularKeyFrames });
  }

  async #publish(cuts: readonly Cut[]): Promise<void> {
    for (const cut of cuts) {
      this.options.cutDone(cut);
      await this.options.publisher.add(cut);
    }
  }
}

/** Bits per second to announce before anything is measured, from what the encoder is asked for. */
export function plannedBandwidth(plan: LadderPlan): ReadonlyMap<string, number> {
  const headroom = 1.25;
  return new Map([
    ...plan.video.map(({ name, kbps }): [string, number] => [name, kbps * 1_000 * headroom]),
    [audioRendition.name, audioRendition.kbps * 1_000 * headroom],
  ]);
}

/** Writes to ffmpeg and waits while it is full; false when it has gone. */
export async function feedLadder(ladder: LadderProcess, bytes: Buffer, signal: AbortSignal): Promise<boolean> {
  const { input } = ladder;
  if (!input?.writable || signal.aborted) return false;
  if (bytes.length === 0 || input.write(bytes)) return true;
  const gone = new AbortController();
  const either = AbortSignal.any([signal, gone.signal]);
  void ladder.exited.then(() => gone.abort());
  await once(input, 'drain', { signal: either }).catch(() => undefined);
  return !either.aborted;
}
