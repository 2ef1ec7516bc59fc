import { monitorEventLoopDelay } from 'node:perf_hooks';

/** What a Node server under test tells its parent. */
export type ServerReport =
  | { readonly type: 'ready'; readonly port: number }
  | { readonly type: 'loop-delay'; readonly p99Ms: number };

/** Says where the server listens, and answers what its event loop's delay was since it was last asked. */
export function announce(port: number): void {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  process.on('message', () => {
    // The monitor counts its own resolution in.
    process.send?.({ type: 'loop-delay', p99Ms: Math.max(0, delay.percentile(99) / 1e6 - 5) } satisfies ServerReport);
    delay.reset();
  });
  process.send?.({ type: 'ready', port } satisfies ServerReport);
}
