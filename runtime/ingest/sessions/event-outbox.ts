import { setTimeout as delay } from 'node:timers/promises';
import type { BroadcastEvent } from '../../shared/broadcast';
import type { Logger } from '../../shared/log';
import { Problem } from '../../shared/problem';
import type { StreamService } from './stream-service';

const firstRetryMs = 250;
const longestRetryMs = 15_000;
/** A cell may be cut off from home for long; events older than this say nothing that home still needs. */
const giveUpAfterMs = 30 * 60_000;

/** Tells the stream service what happens, in order per stream, until it has heard it. */
export class EventOutbox {
  private readonly chains = new Map<string, Promise<void>>();
  private readonly stopping = new AbortController();

  constructor(
    private readonly streamService: StreamService,
    private readonly log: Logger,
  ) {}

  /** Never throws; delivery goes on behind. */
  send(streamId: string, event: BroadcastEvent): void {
    const before = this.chains.get(streamId) ?? Promise.resolve();
    const chain = before.then(() => this.deliver(streamId, event));
    this.chains.set(streamId, chain);
    void chain.then(() => {
      if (this.chains.get(streamId) === chain) this.chains.delete(streamId);
    });
  }

  /** Waits for what is still to be said, at most `milliseconds`, and gives up the rest. */
  async close(milliseconds: number): Promise<void> {
    await Promise.race([Promise.all(this.chains.values()), delay(milliseconds, undefined, { ref: false })]);
    this.stopping.abort();
  }

  private async deliver(streamId: string, event: BroadcastEvent): Promise<void> {
    const deadline = Date.now() + giveUpAfterMs;
    for (let retryMs = firstRetryMs; Date.now() < deadline; retryMs = Math.min(longestRetryMs, retryMs * 2)) {
      if (this.stopping.signal.aborted) return;
      try {
        await this.streamService.report(streamId, event);
        return;
      } catch (error) {
        if (error instanceof Problem) {
          this.log.warn({ err: error, streamId, event: event.type }, 'an event was rejected');
          return;
        }
        this.log.debug({ err: error, streamId, event: event.type }, 'an event is sent again later');
      }
      const jitter = 0.75 + Math.random() / 2;
      await delay(retryMs * jitter, undefined, { signal: this.stopping.signal, ref: false }).catch(() => undefined);
    }
    this.log.error({ streamId, event: event.type }, 'an event could not be delivered');
  }
}
