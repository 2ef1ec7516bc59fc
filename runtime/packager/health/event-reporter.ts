import { setTimeout as delay } from 'node:timers/promises';
import type { BroadcastEvent } from '../../shared/broadcast';
import type { Logger } from '../../shared/log';
import { Problem } from '../../shared/problem';
import { createServiceClient } from '../../shared/service-client';
import { streamContract } from '../../stream/contract';
import { retryDelayMs } from '../upload/retry';

export interface EventReporterOptions {
  readonly streamUrl: string;
  readonly serviceToken: () => Promise<string>;
  readonly log: Logger;
}

const timeoutMs = 3_000;

/** An event that home has not taken after this says nothing new any more. */
const giveUpAfterMs = 30 * 60_000;

/** Tells the stream service what becomes of broadcasts, in order per stream. Delivery never holds up media. */
export class EventReporter {
  readonly #call;
  readonly #chains = new Map<string, Promise<void>>();
  readonly #latestHealth = new Map<string, BroadcastEvent>();

  constructor(private readonly options: EventReporterOptions) {
    this.#call = createServiceClient({ baseUrl: options.streamUrl, token: options.serviceToken, timeoutMs });
  }

  /** Resolves when the event was taken or given up. Never rejects. */
  report(streamId: string, event: BroadcastEvent): Promise<void> {
    // While home is away only the newest health counts.
    if (event.type === 'health') {
      const waiting = this.#latestHealth.has(streamId);
      this.#latestHealth.set(streamId, event);
      if (waiting) return Promise.resolve();
    }
    const before = this.#chains.get(streamId) ?? Promise.resolve();
    const chain = before.then(() => this.#deliver(streamId, event));
    this.#chains.set(streamId, chain);
    void chain.then(() => {
      if (this.#chains.get(streamId) === chain) this.#chains.delete(streamId);
    });
    return chain;
  }

  /** Waits for what is on its way, at most this long. */
  async settle(milliseconds: number): Promise<void> {
    await Promise.race([Promise.all(this.#chains.values()), delay(milliseconds, undefined, { ref: false })]);
  }

  async #deliver(streamId: string, event: BroadcastEvent): Promise<void> {
    const { log } = this.options;
    const deadline = Date.now() + giveUpAfterMs;
    for (let attempt = 1; Date.now() < deadline; attempt += 1) {
      const newest = event.type === 'health' ? (this.#latestHealth.get(streamId) ?? event) : event;
      try {
        await this.#call(streamContract.routes.reportBroadcastEvent, { params: { streamId }, body: newest });
        this.#latestHealth.delete(streamId);
        return;
      } catch (error) {
        if (error instanceof Problem && error.status < 500) {
          this.#latestHealth.delete(streamId);
          log.warn({ err: error, streamId, event: event.type }, 'the stream service refused an event');
          return;
        }
        log.debug({ err: error, streamId, event: event.type }, 'an event is sent again');
      }
      await delay(retryDelayMs(attempt, Math.random), undefined, { ref: false });
    }
    log.error({ streamId, event: event.type }, 'an event could not be delivered');
  }
}
