export interface GovernorInput {
  readonly nowMs: number;
  /** Seconds the encoder's output is behind live. */
  readonly lagSeconds: number;
  readonly realTimeFactor: number;
  /** Whether there is a transcoded rung that can be given up. */
  readonly canDrop: boolean;
  readonly droppedRungs: number;
}

export type GovernorVerdict = 'keep' | 'drop-rung' | 'raise-rung';

/** Behind by this much and not catching up: the encoder does not keep real time. */
const tooLateSeconds = 7;
const catchingUpFactor = 1.02;

/** After a change the encoder gets this long before it is judged again. */
const settleMs = 15_000;

/** A rung comes back after this long in good time; twice as long after each time that it failed again. */
const firstRaiseAfterMs = 120_000;
const longestRaiseAfterMs = 30 * 60_000;
const onTimeSeconds = 4.5;

/**
 * Gives up transcoded rungs before real time is lost, and takes them back when there is room again. Pure but for its
 * memory: the clock comes in.
 */
export class Governor {
  #judgeFromMs: number | undefined;
  #onTimeSinceMs: number | undefined;
  #raiseAfterMs = firstRaiseAfterMs;
  #raisedAtMs: number | undefined;

  /** A run of the encoder began. */
  began(nowMs: number): void {
    this.#judgeFromMs = nowMs + settleMs;
    this.#onTimeSinceMs = undefined;
  }

  judge({ nowMs, lagSeconds, realTimeFactor, canDrop, droppedRungs }: GovernorInput): GovernorVerdict {
    if (this.#judgeFromMs === undefined || nowMs < this.#judgeFromMs) return 'keep';
    if (lagSeconds > tooLateSeconds && realTimeFactor < catchingUpFactor) {
      if (!canDrop) return 'keep';
      if (this.#raisedAtMs !== undefined && nowMs - this.#raisedAtMs < this.#raiseAfterMs) {
        this.#raiseAfterMs = Math.min(longestRaiseAfterMs, this.#raiseAfterMs * 2);
      }
      return 'drop-rung';
    }
    if (lagSeconds > onTimeSeconds) this.#onTimeSinceMs = undefined;
    else this.#onTimeSinceMs ??= nowMs;
    if (droppedRungs === 0 || this.#onTimeSinceMs === undefined) return 'keep';
    if (nowMs - this.#onTimeSinceMs < this.#raiseAfterMs) return 'keep';
    this.#raisedAtMs = nowMs;
    return 'raise-rung';
  }
}
