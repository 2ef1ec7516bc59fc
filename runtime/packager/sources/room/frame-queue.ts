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

  constructor(private readonly delayMs: number) {}

  push(picture: Picture, nowMs: number): void {
    this.#waiting.push({ atMs: nowMs, picture });
  }

  /** The frame to show now; undefined when the newest is stale. */
  pick(nowMs: number): Picture | undefined {
    while (this.#waiting[0] && this.#waiting[0].atMs <= nowMs - this.delayMs) this.#shown = this.#waiting.shift();
    return this.#shown && nowMs - this.#shown.atMs <= staleAfterMs + this.delayMs ? this.#shown.picture : undefined;
  }

  clear(): void {
    this.#waiting = [];
    this.#shown = undefined;
  }
}
