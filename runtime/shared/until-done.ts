import type { Logger } from './log';

const shortestPauseMs = 500;
const longestPauseMs = 15_000;

/** Repeats a preparation that needs a dependency which may come late, with back-off, until it succeeds or is stopped. */
export function repeatUntilDone(what: string, log: Logger, prepare: () => Promise<void>): { stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const attempt = async (pauseMs: number): Promise<void> => {
    try {
      await prepare();
    } catch (error) {
      if (stopped) return;
      log.warn({ err: error, what }, 'not prepared yet');
      timer = setTimeout(() => void attempt(Math.min(longestPauseMs, pauseMs * 2)), pauseMs);
    }
  };
  void attempt(shortestPauseMs);
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
