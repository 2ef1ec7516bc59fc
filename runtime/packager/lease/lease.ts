import { join } from 'node:path';
import { broadcastKeys, leaseTtlSeconds, renewEverySeconds } from '../../shared/broadcast';
import type { Logger } from '../../shared/log';
import { defineScript, type RedisClient } from '../../shared/redis';
import type { Progress, TimelineEntry } from './progress';

/** Somebody else holds the broadcast now: whoever catches this stops at once and writes nothing. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

/** Progress and timeline outlive any grace, and the recording's job. */
const keepProgressMs = 7 * 24 * 3_600_000;

type Scripts = {
  acquireLease(...keysAndArguments: (string | number)[]): Promise<number>;
  advanceLease(...keysAndArguments: (string | number)[]): Promise<number>;
  renewLease(...keysAndArguments: (string | number)[]): Promise<number>;
  releaseLease(...keysAndArguments: (string | number)[]): Promise<number>;
  commitProgress(...keysAndArguments: (string | number)[]): Promise<number>;
};

/** Leases of broadcasts in Redis: one holder each, fenced by a token that only grows. */
export class Leases {
  readonly #redis: RedisClient & Scripts;

  constructor(
    redis: RedisClient,
    private readonly owner: string,
    private readonly log: Logger,
  ) {
    const scripts = [
      ['acquireLease', 'acquire.lua', 4],
      ['advanceLease', 'advance.lua', 2],
      ['renewLease', 'renew.lua', 1],
      ['releaseLease', 'release.lua', 1],
      ['commitProgress', 'commit.lua', 3],
    ] as const;
    for (const [name, file, keys] of scripts) defineScript(redis, name, join(__dirname, file), keys);
    this.#redis = redis as RedisClient & Scripts;
  }

  /** Takes the lease; `'held'` by another, or `'nothing'` to package. */
  async acquire(streamId: string): Promise<Lease | 'held' | 'nothing'> {
    const keys = broadcastKeys;
    const token = await this.#redis.acquireLease(
      ...[keys.lease(streamId), keys.fence(streamId), keys.session(streamId), keys.progress(streamId)],
      ...[this.owner, leaseTtlSeconds * 1_000, keepProgressMs],
    );
    if (token === 0) return 'held';
    if (token < 0) return 'nothing';
    return new Lease(this.#redis, streamId, this.owner, token, this.log);
  }
}

/** One held broadcast. Renews itself until released or lost; `lost` then aborts. */
export class Lease {
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #token: number;
  #renewedAtMs = Date.now();

  constructor(
    private readonly redis: RedisClient & Scripts,
    readonly streamId: string,
    private readonly owner: string,
    token: number,
    private readonly log: Logger,
  ) {
    this.#token = token;
    this.#timer = setInterval(() => void this.#renew(), renewEverySeconds * 1_000);
  }

  /** The fencing token, which names the attempt. */
  get token(): number {
    return this.#token;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** A new token for a new attempt. Throws {@link LeaseLostError}. */
  async advance(): Promise<number> {
    const token = await this.redis.advanceLease(
      ...[broadcastKeys.lease(this.streamId), broadcastKeys.fence(this.streamId)],
      ...[this.owner, this.#token, leaseTtlSeconds * 1_000, keepProgressMs],
    );
    if (token === 0) throw this.#lose('another packager holds the broadcast');
    this.#token = token;
    return token;
  }

  /** Records what is published, before playlists say so. Throws {@link LeaseLostError} when fenced off. */
  async commit(progress: Progress, published: readonly TimelineEntry[]): Promise<void> {
    const { lease, progress: progressKey, timeline } = broadcastKeys;
    const held = await this.redis.commitProgress(
      ...[lease(this.streamId), progressKey(this.streamId), timeline(this.streamId)],
      ...[this.owner, this.#token, JSON.stringify(progress), keepProgressMs],
      ...published.map((entry) => JSON.stringify(entry)),
    );
    if (held === 0) throw this.#lose('another packager holds the broadcast');
  }

  /** Lets another take over at once. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.redis.releaseLease(broadcastKeys.lease(this.streamId), this.owner, this.#token);
  }

  async #renew(): Promise<void> {
    try {
      const lease = broadcastKeys.lease(this.streamId);
      const held = await this.redis.renewLease(lease, this.owner, this.#token, leaseTtlSeconds * 1_000);
      if (held === 0) this.#lose('another packager holds the broadcast');
      else this.#renewedAtMs = Date.now();
    } catch (error) {
      this.log.warn({ err: error, streamId: this.streamId }, 'the lease could not be renewed');
      // Redis is away for everybody: nobody else can take the lease either, and the fence guards what is written.
      if (Date.now() - this.#renewedAtMs > longestRedisOutageMs) this.#lose('Redis is away');
    }
  }

  #lose(why: string): LeaseLostError {
    clearInterval(this.#timer);
    const error = new LeaseLostError(`lost the lease of ${this.streamId}: ${why}`);
    if (!this.#lost.signal.aborted) this.#lost.abort(error);
    return error;
  }
}

const longestRedisOutageMs = 60_000;
