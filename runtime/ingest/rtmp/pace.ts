/** Encoders' clocks differ by a percent or so and networks stall and catch up; files are pushed at any speed. */
const fastest = 1.25;
const burstMs = 15_000;

/**
 * Holds a publisher that sends media faster than they play to about real time, by back-pressure: a packager cannot
 * outrun its encoder, and the spool would drop what it has not read. GCRA in media time.
 */
export class Pace {
  private dueMs: number | undefined;
  private mediaMs = 0;

  /** Milliseconds to stop reading for, 0 for none. @param mediaMs timeline position; @param nowMs a monotonic clock */
  delayMs(mediaMs: number, nowMs: number): number {
    const stepMs = Math.max(0, mediaMs - this.mediaMs);
    this.mediaMs = Math.max(mediaMs, this.mediaMs);
    this.dueMs = Math.max(this.dueMs ?? nowMs, nowMs) + stepMs / fastest;
    return Math.max(0, this.dueMs - nowMs - burstMs);
  }
}
