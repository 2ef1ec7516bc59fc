export interface Repetition {
  /** Resolves when the run in progress, if any, is over. */
  stop(): Promise<void>;
}

/**
 * Runs `work` now and again `everyMs` after it ended, so that slow runs never pile up. `work` handles its own errors.
 * Does not keep the process alive.
 */
export function repeat(work: () => Promise<void>, everyMs: number): Repetition {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const run = () => {
    running = work().finally(() => {
      if (stopped) return;
      timer = setTimeout(run, everyMs);
      timer.unref();
    });
  };
  run();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
