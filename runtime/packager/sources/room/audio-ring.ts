/** Takes over which the ring must have held too much before the excess is dropped: two seconds, with one for each frame. */
const watchedTakes = 60;

/**
 * The newest audio of a track between its arrival and the clock: interleaved 16-bit samples. The clock takes what is
 * due; what has not arrived is silence. However much piles up before the clock starts, or because the sender's clock is
 * fast, the ring returns to its depth, or sound would stay that much behind the picture.
 */
export class AudioRing {
  #chunks: Int16Array[] = [];
  #samples = 0;
  #filling = true;
  #takes = 0;
  #leastHeld = Infinity;

  /** @param depthSamples interleaved samples held back before the first is given, so that jitter is not heard */
  constructor(private readonly depthSamples: number) {}

  get heldSamples(): number {
    return this.#samples;
  }

  push(samples: Int16Array): void {
    this.#chunks.push(samples);
    this.#samples += samples.length;
    if (this.#samples >= this.depthSamples) this.#filling = false;
    if (this.#samples > this.depthSamples * mostDepths) this.trim();
  }

  /** Exactly `count` samples. */
  take(count: number): Int16Array {
    const taken = new Int16Array(count);
    if (this.#filling) return taken;
    this.#watch();
    let filled = 0;
    while (filled < count) {
      const chunk = this.#chunks[0];
      if (!chunk) break;
      const part = chunk.subarray(0, count - filled);
      taken.set(part, filled);
      filled += part.length;
      this.#consume(part.length);
    }
    // Run dry: hold back again, or every later packet that is a little late would be heard as a click.
    if (filled < count) this.#filling = true;
    return taken;
  }

  /** Drops the oldest down to the depth. */
  trim(): void {
    this.#drop(this.#samples - this.depthSamples);
  }

  clear(): void {
    this.#chunks = [];
    this.#samples = 0;
    this.#filling = true;
  }

  #watch(): void {
    this.#takes += 1;
    this.#leastHeld = Math.min(this.#leastHeld, this.#samples);
    if (this.#takes < watchedTakes) return;
    this.#drop(this.#leastHeld - this.depthSamples);
    this.#takes = 0;
    this.#leastHeld = Infinity;
  }

  /** The oldest of that many samples; none when it is not above 0. */
  #drop(count: number): void {
    for (let left = count; left > 0; ) {
      const part = Math.min(left, this.#chunks[0]?.length ?? left);
      this.#consume(part);
      left -= part;
    }
  }

  #consume(count: number): void {
    const chunk = this.#chunks[0];
    if (!chunk) return;
    this.#samples -= count;
    if (count >= chunk.length) this.#chunks.shift();
    else this.#chunks[0] = chunk.subarray(count);
  }
}

/** Jitter never needs more than this many times the depth. */
const mostDepths = 5;
