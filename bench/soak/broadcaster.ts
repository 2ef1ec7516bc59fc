import { setTimeout as pause } from 'node:timers/promises';
import { type Ingest, startTimedEncoder, type TimedEncoder } from '../latency/timed-encoder';

/** An encoder that refuses to start must not stop the soak at once: the gate may still hold the last connection. */
const mostTries = 5;
const retryMs = 1_000;
/** How long the broadcast is without an encoder. */
const outageMs = 5_000;
/** An encoder that lives this long was accepted. */
const acceptedAfterMs = 3_000;

/** One broadcast by one encoder after another. */
export class Broadcaster {
  readonly #sent: (readonly number[])[] = [];
  #encoder: TimedEncoder | undefined;
  refusals = 0;

  constructor(private readonly ingest: Ingest) {}

  /** Of each encoder that has ended: when the first picture of each of its groups was made. */
  get sent(): readonly (readonly number[])[] {
    return this.#sent;
  }

  async start(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      this.#encoder = await startTimedEncoder(this.ingest);
      await pause(acceptedAfterMs);
      if (!this.#encoder.hasEnded()) return;
      this.refusals += 1;
      if (tries === mostTries) throw new Error(`the encoder ended: ${this.#encoder.output()}`);
      await pause(retryMs);
    }
  }

  /** The encoder's machine is gone, and another comes up. */
  async reconnect(): Promise<void> {
    await this.stop('SIGKILL');
    await pause(outageMs);
    await this.start();
  }

  async stop(signal: 'SIGKILL' | 'SIGINT'): Promise<void> {
    if (!this.#encoder) return;
    if (this.#encoder.hasEnded()) throw new Error(`the encoder ended by itself: ${this.#encoder.output()}`);
    await this.#encoder.stop(signal);
    this.#sent.push(this.#encoder.groupStarts());
    this.#encoder = undefined;
  }
}
