import { setTimeout as delay } from 'node:timers/promises';

const firstDelayMs = 150;
const longestDelayMs = 4_000;

/** Milliseconds to wait after the given failed attempt, counted from 1: doubled each time, with full jitter. */
export function retryDelayMs(attempt: number, random: () => number): number {
  const ceiling = Math.min(longestDelayMs, firstDelayMs * 2 ** (attempt - 1));
  return ceiling / 2 + (random() * ceiling) / 2;
}

/**
 * Repeats until it succeeds. Only `signal` ends it otherwise, with the signal's reason.
 *
 * @param failed told of each failure
 */
export async function retryUntilDone<T>(
  action: () => Promise<T>,
  signal: AbortSignal,
  failed: (error: unknown, attempt: number) => void,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await action();
    } catch (error) {
      signal.throwIfAborted();
      failed(error, attempt);
      await delay(retryDelayMs(attempt, Math.random), undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}
