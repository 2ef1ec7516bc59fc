/** Bits per second of a rendition's segments: the highest of any, and the mean. */
export class Bandwidth {
  readonly #seen = new Map<string, { peak: number; bits: number; seconds: number }>();

  add(rendition: string, bytes: number, seconds: number): void {
    const seen = this.#seen.get(rendition) ?? { peak: 0, bits: 0, seconds: 0 };
    const bits = bytes * 8;
    // A last scrap of a segment says nothing about a rate.
    if (seconds >= shortestMeasuredSeconds) seen.peak = Math.max(seen.peak, bits / seconds);
    seen.bits += bits;
    seen.seconds += seconds;
    this.#seen.set(rendition, seen);
  }

  /** Zeros for a rendition that was not seen. */
  of(rendition: string): { readonly peak: number; readonly average: number } {
    const seen = this.#seen.get(rendition);
    if (!seen || seen.seconds === 0) return { peak: 0, average: 0 };
    return { peak: Math.ceil(seen.peak), average: Math.round(seen.bits / seen.seconds) };
  }
}

const shortestMeasuredSeconds = 0.5;
