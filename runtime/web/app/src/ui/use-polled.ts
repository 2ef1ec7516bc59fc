import { useCallback, useEffect, useState } from 'react';

export interface Polled<T> {
  readonly value: T | undefined;
  readonly error: unknown;
  reload(): void;
}

/** Loads now and then every `seconds` while the page is visible; 0 loads once. `load` must be stable. */
export function usePolled<T>(load: (signal: AbortSignal) => Promise<T>, seconds: number): Polled<T> {
  const [state, setState] = useState<{ value: T | undefined; error: unknown }>({ value: undefined, error: undefined });
  const [round, setRound] = useState(0);
  const reload = useCallback(() => setRound((previous) => previous + 1), []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `round` is what makes `reload` reload
  useEffect(() => {
    const abort = new AbortController();
    const run = () => {
      if (document.hidden) return;
      load(abort.signal).then(
        (value) => {
          if (!abort.signal.aborted) setState({ value, error: undefined });
        },
        (error: unknown) => {
          if (!abort.signal.aborted) setState((previous) => ({ ...previous, error }));
        },
      );
    };
    run();
    const timer = seconds > 0 ? window.setInterval(run, seconds * 1_000) : undefined;
    return () => {
      abort.abort();
      window.clearInterval(timer);
    };
  }, [load, seconds, round]);

  return { ...state, reload };
}
