/** What is due by now. */
export interface Due {
  readonly frames: number;
  /** Samples per channel. */
  readonly samples: number;
}

/**
 * Divides time into frames and samples, exactly and for ever: what was given is counted, not timed, so that neither
 * drifts against the other. Pure: milliseconds come in.
 */
export class ConstantRateClock {
  #frames = 0;
  #samples = 0;
  #startMs: number;

  constructor(
    startMs: number,
    private readonly frameRate: number,
    private readonly sampleRate: number,
  ) {
    this.#startMs = startMs;
  }

  /** Takes what has become due since the last call. */
  advance(nowMs: number): Due {
    const seconds = Math.max(0, nowMs - this.#startMs) / 1_000;
    const frames = Math.max(0, Math.floor(seconds * this.frameRate) - this.#frames);
    this.#frames += frames;
    // Audio up to the end of the last frame, so that both streams are equally long.
    const samples = Math.max(0, Math.round((this.#frames / this.frameRate) * this.sampleRate) - this.#samples);
    this.#samples += samples;
    return { frames, samples };
  }

  /** Time that nothing could be taken in; it is left out. */
  skip(milliseconds: number): void {
    this.#startMs += milliseconds;
  }
}
