import { broadcastKeys, renewEverySeconds } from '../shared/broadcast';
import type { Logger } from '../shared/log';
import type { RedisClient } from '../shared/redis';
import { type Repetition, repeat } from '../shared/repeat';
import type { Lease, Leases } from './lease/lease';
import type { SlotBoard } from './lease/slots';

export interface WorkerOptions {
  readonly redis: RedisClient;
  readonly region: string;
  readonly slots: number;
  readonly leases: Leases;
  readonly board: SlotBoard;
  /** Packages the broadcast until it is over; rejects when the lease is lost or handed over. */
  readonly packageBroadcast: (lease: Lease, handOver: AbortSignal) => Promise<void>;
  readonly log: Logger;
}

/** A broadcast without a packager is looked for this often: part of the ten seconds that a takeover may last. */
const lookEveryMs = 700;

/** Takes broadcasts from the region's work set as long as it has slots, and gives them back when it stops. */
export class Worker {
  readonly #active = new Map<string, Promise<void>>();
  readonly #handOver = new AbortController();
  #repetitions: readonly Repetition[] = [];

  constructor(private readonly options: WorkerOptions) {}

  get activeBroadcasts(): number {
    return this.#active.size;
  }

  start(): void {
    this.#repetitions = [
      repeat(() => this.#announce(), renewEverySeconds * 1_000),
      repeat(() => this.#look(), lookEveryMs),
    ];
  }

  /** Lets go of every broadcast, so that other packagers take over at once. */
  async stop(): Promise<void> {
    await Promise.all(this.#repetitions.map((repetition) => repetition.stop()));
    await this.options.board
      .withdraw()
      .catch((error: unknown) => this.options.log.warn({ err: error }, 'not withdrawn'));
    this.#handOver.abort(new Error('this packager stops'));
    await Promise.all(this.#active.values());
  }

  async #announce(): Promise<void> {
    const { board, slots, log } = this.options;
    await board.announce(slots - this.#active.size).catch((error: unknown) => {
      log.warn({ err: error }, 'free slots could not be announced');
    });
  }

  async #look(): Promise<void> {
    const { redis, region, slots, log } = this.options;
    if (this.#active.size >= slots) return;
    try {
      const wanted = await redis.smembers(broadcastKeys.work(region));
      // In no order, so that two packagers with one free slot each do not ask for the same.
      for (const streamId of shuffled(wanted)) {
        if (this.#active.size >= slots) return;
        if (!this.#active.has(streamId)) await this.#take(streamId);
      }
    } catch (error) {
      log.warn({ err: error }, 'work could not be looked for');
    }
  }

  async #take(streamId: string): Promise<void> {
    const { leases, redis, region, log } = this.options;
    const lease = await leases.acquire(streamId);
    if (lease === 'held') return;
    if (lease === 'nothing') {
      await redis.srem(broadcastKeys.work(region), streamId);
      return;
    }
    log.info({ streamId, attempt: lease.token }, 'took a broadcast');
    const done = this.#package(lease).finally(() => {
      this.#active.delete(streamId);
      void this.#announce();
    });
    this.#active.set(streamId, done);
    await this.#announce();
  }

  async #package(lease: Lease): Promise<void> {
    const { packageBroadcast, log } = this.options;
    const { streamId } = lease;
    try {
      await packageBroadcast(lease, this.#handOver.signal);
    } catch (error) {
      if (lease.lost.aborted)
        log.warn({ streamId, reason: String(lease.lost.reason) }, 'a broadcast was taken from us');
      else if (this.#handOver.signal.aborted) log.info({ streamId }, 'a broadcast is handed over');
      else log.error({ err: error, streamId }, 'a broadcast is let go');
    } finally {
      await lease.release().catch((error: unknown) => log.warn({ err: error, streamId }, 'the lease was not released'));
    }
  }
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
