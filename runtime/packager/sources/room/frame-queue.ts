import type { Picture } from './i420';

interface Arrived {
  readonly atMs: number;
  readonly picture: Picture;
}

/** A frame this old is no longer shown: its sender has gone, or stands still. */
export const staleAfterMs = 1_000;

/**
 * Frames between their arrival and the clock. Video waits as long as audio is held back, so that both leave together.
 */
export class FrameQueue {
  #waiting: Arrived[] = [];
  #shown: Arrived | undefined;
  #dropped = 0;

  constructor(private readonly delayMs: number) {}

  push(picture: Picture, nowMs: number): void {
    this.#waiting.push({ atMs: nowMs, picture });
  }

  /** The frame to show now; undefined when the newest is stale. */
  pick(nowMs: number): Picture | undefined {
    let due = 0;
    while (this.#waiting[0] && this.#waiting[0].atMs <= nowMs - this.delayMs) {
      this.#shown = this.#waiting.shift();
      due += 1;
    }
    this.#dropped += Math.max(0, due - 1);
    return this.#shown && nowMs - this.#shown.atMs <= staleAfterMs + this.delayMs ? this.#shown.picture : undefined;
  }

  /** Frames that a newer one replaced before they were shown, since this was last asked. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  clear(): void {
    this.#waiting = [];
    this.#shown = undefined;
  }
}
