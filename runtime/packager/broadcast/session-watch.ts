import { setTimeout as delay } from 'node:timers/promises';
import { broadcastKeys, type PublishSession, publishSession } from '../../shared/broadcast';
import type { RedisClient } from '../../shared/redis';

/** What Redis says of a broadcast's publisher. */
export interface SessionState {
  readonly session: PublishSession | undefined;
  /** The broadcast is over for good. */
  readonly isOver: boolean;
}

export async function readSession(redis: RedisClient, streamId: string): Promise<SessionState> {
  const [session, end] = await Promise.all([
    redis.get(broadcastKeys.session(streamId)),
    redis.exists(broadcastKeys.end(streamId)),
  ]);
  return {
    session: session === null ? undefined : publishSession.parse(JSON.parse(session)),
    isOver: end === 1,
  };
}

const pollMs = 300;

/**
 * Waits for a publisher whose session is not `finishedSessionId`.
 *
 * @param giveUpAtMs answers `undefined` from then on, and as soon as the broadcast is over for good
 */
export async function awaitSession(
  redis: RedisClient,
  streamId: string,
  options: {
    readonly finishedSessionId: string | undefined;
    readonly giveUpAtMs: () => number;
    readonly signal: AbortSignal;
  },
): Promise<PublishSession | undefined> {
  for (;;) {
    const { session, isOver } = await readSession(redis, streamId);
    if (session && session.sessionId !== options.finishedSessionId) return session;
    if (isOver || Date.now() >= options.giveUpAtMs()) return undefined;
    await delay(pollMs, undefined, { signal: options.signal });
  }
}
