/**
 * The newest audio of a track between its arrival and the clock: interleaved 16-bit samples. The clock takes what is
 * due; what has not arrived is silence.
 */
export class AudioRing {
  #chunks: Int16Array[] = [];
  #samples = 0;
  #filling = true;

  /**
   * @param depthSamples interleaved samples held back before the first is given, so that jitter is not heard
   * @param mostSamples more than this means that the clocks of sender and reader differ, and the oldest is dropped
   */
  constructor(
    private readonly depthSamples: number,
    private readonly mostSamples: number,
  ) {}

  get heldSamples(): number {
    return this.#samples;
  }

  push(samples: Int16Array): void {
    this.#chunks.push(samples);
    this.#samples += samples.length;
    if (this.#samples >= this.depthSamples) this.#filling = false;
    if (this.#samples > this.mostSamples) this.#drop(this.#samples - this.depthSamples);
  }

  /** Exactly `count` samples. */
  take(count: number): Int16Array {
    const taken = new Int16Array(count);
    if (this.#filling) return taken;
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

  clear(): void {
    this.#chunks = [];
    this.#samples = 0;
    this.#filling = true;
  }

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
