import { setTimeout as delay } from 'node:timers/promises';
import { type BroadcastEvent, broadcastKeys, type PublishSession, sessionTtlSeconds } from '../../shared/broadcast';
import type { Logger } from '../../shared/log';
import type { RedisClient } from '../../shared/redis';
import type { BroadcastMonitor } from '../health/broadcast-monitor';
import type { PlanConstraints } from '../ladder/plan';
import type { Lease } from '../lease/lease';
import type { Publisher } from '../upload/publisher';
import { runFeedAttempt } from './feed-attempt';
import type { AttemptOutcome, PlanChange } from './outcome';
import { runRoomAttempt } from './room-attempt';
import { awaitSession } from './session-watch';

export interface BroadcastOptions {
  readonly lease: Lease;
  readonly redis: RedisClient;
  readonly publisher: Publisher;
  readonly monitor: BroadcastMonitor;
  readonly report: (event: BroadcastEvent) => Promise<void>;
  readonly serviceToken: () => Promise<string>;
  readonly livekit: { readonly url: string; readonly keysFile: string };
  readonly ffmpegPath: string;
  /** For the sockets between a room's subscriber and ffmpeg. */
  readonly socketDirectory: string;
  readonly mostRenditions: number;
  readonly region: string;
  /** Lets go of the broadcast for another packager. */
  readonly handOver: AbortSignal;
  readonly log: Logger;
}

/** A failing encoder or gate is tried again after this. */
const retryMs = 500;

/** An encoder that fails this often in a row on a copied picture gets it transcoded. */
const failuresBeforeTranscoding = 2;

/**
 * Packages one broadcast from the first session to its end, over reconnects and replans. Returns when the broadcast is
 * over; throws the reason of an abort when the lease is lost or handed over.
 */
export class Broadcast {
  readonly #signal: AbortSignal;
  #attempts = 0;
  #failures = 0;
  #droppedRungs = 0;
  #mustTranscode: string | undefined;
  #finishedSessionId: string | undefined;

  constructor(private readonly options: BroadcastOptions) {
    this.#signal = AbortSignal.any([options.lease.lost, options.handOver]);
  }

  async run(): Promise<void> {
    for (let session = await this.#nextSession(); session; session = await this.#nextSession()) {
      await this.#packageSession(session);
    }
    await this.#end();
  }

  async #packageSession(session: PublishSession): Promise<void> {
    const outcome = await this.#attempt(session);
    const { log, publisher } = this.options;
    if (outcome.kind !== 'replan') log.info({ outcome }, 'a run of the encoder ended');
    switch (outcome.kind) {
      case 'source-ended':
        publisher.markInterrupted(outcome.sinceMs ?? Date.now());
        this.#finishedSessionId = session.sessionId;
        this.#mustTranscode = undefined;
        this.#failures = 0;
        return;
      case 'source-lost':
        publisher.markInterrupted(Date.now());
        await delay(retryMs, undefined, { signal: this.#signal });
        return;
      case 'encoder-failed':
        this.#failures += 1;
        if (this.#failures >= failuresBeforeTranscoding) this.#mustTranscode = 'Your picture could not be passed on.';
        await delay(retryMs * this.#failures, undefined, { signal: this.#signal });
        return;
      case 'replan':
        log.info({ change: outcome.change }, 'the ladder is planned anew');
        this.#apply(outcome.change);
        return;
    }
  }

  #attempt(session: PublishSession): Promise<AttemptOutcome> {
    const { publisher, lease } = this.options;
    const common = {
      ...this.options,
      session,
      constraints: this.#constraints(),
      nextAttempt: async () => {
        this.#attempts += 1;
        return this.#attempts === 1 ? lease.token : lease.advance();
      },
      signal: this.#signal,
    };
    return session.source === 'room'
      ? runRoomAttempt(common)
      : runFeedAttempt({ ...common, fromMs: publisher.mediaMsOf(session.sessionId) });
  }

  #constraints(): PlanConstraints {
    const { announcement } = this.options.publisher;
    return {
      mostRenditions: this.options.mostRenditions,
      droppedRungs: this.#droppedRungs,
      ...(announcement && { announced: announcement }),
      ...(this.#mustTranscode !== undefined && { mustTranscode: this.#mustTranscode }),
    };
  }

  #apply(change: PlanChange): void {
    if (change.kind === 'must-transcode') this.#mustTranscode = change.why;
    if (change.kind === 'drop-rung') this.#droppedRungs += 1;
    if (change.kind === 'raise-rung') this.#droppedRungs = Math.max(0, this.#droppedRungs - 1);
  }

  /** The publisher to package next; undefined when the broadcast is over. */
  async #nextSession(): Promise<PublishSession | undefined> {
    const { redis, lease, publisher } = this.options;
    const startedAtMs = Date.now();
    return awaitSession(redis, lease.streamId, {
      finishedSessionId: this.#finishedSessionId,
      giveUpAtMs: () => {
        const { progress } = publisher;
        // Without any media yet, there is nothing to wait for but a session that is being written.
        if (!progress) return startedAtMs + sessionTtlSeconds * 1_000;
        return (progress.interruptedAtMs ?? startedAtMs) + progress.session.resumeGraceSeconds * 1_000;
      },
      signal: this.#signal,
    });
  }

  async #end(): Promise<void> {
    const { publisher, monitor, redis, region, lease, report, log } = this.options;
    await publisher.drained();
    const { progress, timeline } = publisher;
    if (progress && !progress.ended) {
      const durationSeconds = timeline.reduce((sum, { seconds }) => sum + seconds, 0);
      await publisher.end(async () => {
        if (progress.session.record) await redis.sadd(broadcastKeys.recordings(region), lease.streamId);
        await report({
          type: 'packaging-ended',
          token: lease.token,
          durationSeconds,
          segments: timeline.length,
        });
        await monitor.ended(progress.session, durationSeconds);
      });
      log.info({ segments: timeline.length }, 'the broadcast is over');
    }
    await redis.srem(broadcastKeys.work(region), lease.streamId);
  }
}
