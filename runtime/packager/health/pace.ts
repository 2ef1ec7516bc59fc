/** No encoder's clock is slower than this; a packager that falls behind does so faster. */
const fastestDrift = 0.02;

/**
 * Compares what comes out of the encoder with the wall clock. A run that begins with a replay starts late and catches
 * up, so the lag is taken against the earliest arrival of media, not against the start. An encoder whose clock is slow is
 * later and later by the wall clock: that much drift is not counted as ours.
 */
export class Pace {
  #earliest = Infinity;
  #earliestAtMs = 0;
  #outputs: { readonly atMs: number; readonly mediaMs: number }[] = [];

  constructor(private readonly windowMs = 12_000) {}

  /** Media of this time came in. */
  input(mediaMs: number, nowMs: number): void {
    const drifted = this.#earliest + (nowMs - this.#earliestAtMs) * fastestDrift;
    this.#earliest = Math.min(drifted, nowMs - mediaMs);
    this.#earliestAtMs = nowMs;
  }

  /** Media up to this time came out. */
  output(mediaMs: number, nowMs: number): void {
    this.#outputs.push({ atMs: nowMs, mediaMs });
    while ((this.#outputs[0]?.atMs ?? nowMs) < nowMs - this.windowMs) this.#outputs.shift();
  }

  /** Seconds that the output is behind live. */
  lagSeconds(nowMs: number): number {
    const last = this.#outputs[this.#outputs.length - 1];
    return last && Number.isFinite(this.#earliest) ? Math.max(0, nowMs - this.#earliest - last.mediaMs) / 1_000 : 0;
  }

  /** Seconds of media per second; 1 until enough was seen. */
  get realTimeFactor(): number {
    const first = this.#outputs[0];
    const last = this.#outputs[this.#outputs.length - 1];
    if (!first || !last || last.atMs - first.atMs < this.windowMs / 2) return 1;
    return (last.mediaMs - first.mediaMs) / (last.atMs - first.atMs);
  }
}
