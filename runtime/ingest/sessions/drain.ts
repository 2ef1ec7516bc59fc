import { setTimeout as delay } from 'node:timers/promises';
import type { Broadcasts } from './broadcasts';

const lookEveryMs = 250;
/** The HTTP server cuts its connections when the drain time is over; feeds should end properly before. */
const marginSeconds = 1;

/** Lets RTMP broadcasts go on until they end by themselves or the drain time is over, then sends them elsewhere. */
export async function drainBroadcasts(broadcasts: Broadcasts, drainSeconds: number): Promise<void> {
  const deadline = performance.now() + Math.max(0, drainSeconds - marginSeconds) * 1_000;
  while (broadcasts.count('rtmp') > 0 && performance.now() < deadline) await delay(lookEveryMs);
  broadcasts.leave();
}
