import { setTimeout as pause } from 'node:timers/promises';

export interface PollOptions {
  /** What is waited for, to finish the sentence "… did not …". */
  readonly what: string;
  readonly deadlineMs: number;
  readonly intervalMs?: number;
  /** Ends the wait early: by rejecting, when there is no point in waiting on. */
  readonly abort?: Promise<never>;
}

/** Asks until `probe` resolves, and returns its answer. Rejects at the deadline with the probe's last complaint. */
export async function poll<T>(
  probe: () => Promise<T>,
  { what, deadlineMs, intervalMs = 50, abort }: PollOptions,
): Promise<T> {
  const until = Date.now() + deadlineMs;
  for (;;) {
    try {
      return await (abort ? Promise.race([probe(), abort]) : probe());
    } catch (error) {
      if (abort) await Promise.race([abort, Promise.resolve()]);
      if (Date.now() >= until) {
        throw new Error(`${what} did not happen within ${deadlineMs / 1000} s: ${(error as Error).message}`);
      }
      await pause(intervalMs);
    }
  }
}
