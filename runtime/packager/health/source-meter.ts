/** What arrives from the encoder, over the last seconds. Times are the source's own, except where named. */
export class SourceMeter {
  readonly #frames: { readonly ms: number; readonly bytes: number }[] = [];
  readonly #keyFramesMs: number[] = [];
  readonly #soundLeadsMs: number[] = [];

  constructor(private readonly windowMs = 10_000) {}

  frame(timestampMs: number, bytes: number, isKeyFrame: boolean): void {
    this.#frames.push({ ms: timestampMs, bytes });
    while ((this.#frames[0]?.ms ?? timestampMs) < timestampMs - this.windowMs) this.#frames.shift();
    if (!isKeyFrame) return;
    this.#keyFramesMs.push(timestampMs);
    if (this.#keyFramesMs.length > keptKeyFrames) this.#keyFramesMs.shift();
  }

  sound(timestampMs: number): void {
    const picture = this.#frames.at(-1);
    if (!picture) return;
    this.#soundLeadsMs.push(timestampMs - picture.ms);
    if (this.#soundLeadsMs.length > keptSoundLeads) this.#soundLeadsMs.shift();
  }

  /** Seconds by which the newest sound is ahead of the newest picture when it comes, as a median; 0 without both. */
  get soundLeadSeconds(): number {
    const sorted = [...this.#soundLeadsMs].sort((a, b) => a - b);
    return (sorted[Math.floor(sorted.length / 2)] ?? 0) / 1_000;
  }

  get frameRate(): number {
    const seconds = this.#seconds;
    return seconds > 0 ? (this.#frames.length - 1) / seconds : 0;
  }

  get kbps(): number {
    const seconds = this.#seconds;
    return seconds > 0 ? (this.#frames.reduce((sum, { bytes }) => sum + bytes, 0) * 8) / 1_000 / seconds : 0;
  }

  /** Longest of the recent key-frame intervals, in seconds; 0 when only one has come. */
  get keyFrameSeconds(): number {
    let longest = 0;
    this.#keyFramesMs.forEach((ms, index) => {
      if (index > 0) longest = Math.max(longest, ms - (this.#keyFramesMs[index - 1] ?? ms));
    });
    return longest / 1_000;
  }

  get #seconds(): number {
    const first = this.#frames[0];
    const last = this.#frames[this.#frames.length - 1];
    return first && last ? (last.ms - first.ms) / 1_000 : 0;
  }
}

const keptKeyFrames = 5;
/** Two seconds of AAC at 48 kHz. */
const keptSoundLeads = 94;
