/** Frames per second that a room may cost this pod; beyond it, events wait for each other. Measured: bench:chat. */
const framesPerSecond = 10_000;
/** Rooms this cheap are not batched at all. */
const unbatchedFramesPerSecond = 2_000;
const longestWindowMs = 250;

export interface Load {
  /** Sockets of the room at this pod. */
  readonly members: number;
  readonly eventsPerSecond: number;
}

/**
 * Milliseconds between two frames to the same socket. A room's cost is members × frames, so that large and busy rooms
 * are told less often and more at once, while small or quiet ones are told at once.
 */
export function batchWindowMs({ members, eventsPerSecond }: Load): number {
  if (members * eventsPerSecond <= unbatchedFramesPerSecond) return 0;
  return Math.min(longestWindowMs, Math.ceil((members / framesPerSecond) * 1_000));
}

/** Events per second over the last one to two seconds. */
export class RateMeter {
  private second = 0;
  private current = 0;
  private previous = 0;

  count(nowMs: number): void {
    this.roll(nowMs);
    this.current += 1;
  }

  perSecond(nowMs: number): number {
    this.roll(nowMs);
    const intoSecond = (nowMs % 1_000) / 1_000;
    return this.current + this.previous * (1 - intoSecond);
  }

  private roll(nowMs: number): void {
    const second = Math.floor(nowMs / 1_000);
    if (second === this.second) return;
    this.previous = second === this.second + 1 ? this.current : 0;
    this.current = 0;
    this.second = second;
  }
}
