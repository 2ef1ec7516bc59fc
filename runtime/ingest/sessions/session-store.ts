import { join } from 'node:path';
import {
  broadcastKeys,
  endTtlSeconds,
  type PublishGrant,
  type PublishSession,
  publishSession,
  renewEverySeconds,
  sessionTtlSeconds,
} from '../../shared/broadcast';
import { defineScript, type RedisClient } from '../../shared/redis';

export type Renewal = 'held' | 'replaced' | 'ended';

interface Scripts {
  claimSession(
    session: string,
    end: string,
    json: string,
    ttlMs: number,
    mode: string,
    goneMs: number,
  ): Promise<number>;
  renewSession(session: string, end: string, sessionId: string, json: string, ttlMs: number): Promise<Renewal>;
  adoptSession(
    session: string,
    end: string,
    sessionId: string,
    json: string,
    ttlMs: number,
    goneMs: number,
  ): Promise<number>;
  releaseSession(session: string, end: string, sessionId: string, endTtlSeconds: number): Promise<number>;
}

const ttlMs = sessionTtlSeconds * 1_000;
/** A session with less than this to live was not renewed when it should have been, nor shortly after. */
const goneMs = ttlMs - 1.75 * renewEverySeconds * 1_000;

/** Sessions in Redis: across all gates of a region, one publisher has a stream. */
export class SessionStore {
  private readonly redis: RedisClient & Scripts;

  constructor(redis: RedisClient) {
    defineScript(redis, 'claimSession', join(__dirname, 'claim-session.lua'), 2);
    defineScript(redis, 'renewSession', join(__dirname, 'renew-session.lua'), 2);
    defineScript(redis, 'adoptSession', join(__dirname, 'adopt-session.lua'), 2);
    defineScript(redis, 'releaseSession', join(__dirname, 'release-session.lua'), 2);
    this.redis = redis as RedisClient & Scripts;
  }

  /** Whether the stream is this session's now. */
  async claim(session: PublishSession, mode: PublishGrant['onSecondPublisher']): Promise<boolean> {
    const { streamId } = session;
    const json = JSON.stringify(session);
    return (await this.redis.claimSession(...keysOf(streamId), json, ttlMs, mode, goneMs)) === 1;
  }

  /** @param heldAs the id it is held under; another than the session's own puts the session in its place */
  renew(session: PublishSession, heldAs: string): Promise<Renewal> {
    return this.redis.renewSession(...keysOf(session.streamId), heldAs, JSON.stringify(session), ttlMs);
  }

  /** Whether a session that its gate no longer renews is kept here from now on. */
  async adopt(session: PublishSession): Promise<boolean> {
    const { streamId, sessionId } = session;
    return (
      (await this.redis.adoptSession(...keysOf(streamId), sessionId, JSON.stringify(session), ttlMs, goneMs)) === 1
    );
  }

  /** @param forGood whether the broadcast is over; otherwise its publisher may come back */
  async release(
    { streamId, sessionId }: Pick<PublishSession, 'streamId' | 'sessionId'>,
    forGood: boolean,
  ): Promise<void> {
    await this.redis.releaseSession(...keysOf(streamId), sessionId, forGood ? endTtlSeconds : 0);
  }

  /** Sessions of the region that are alive, whichever gate keeps them. */
  async alive(region: string): Promise<Pick<PublishSession, 'streamId' | 'sessionId'>[]> {
    const streamIds = await this.redis.smembers(broadcastKeys.work(region));
    const sessions = await Promise.all(streamIds.map((streamId) => this.redis.get(broadcastKeys.session(streamId))));
    return sessions
      .filter((json) => json !== null)
      .map((json) => {
        const { streamId, sessionId } = publishSession.parse(JSON.parse(json));
        return { streamId, sessionId };
      });
  }

  /** Asks the region's packagers to take the stream. Repeats are harmless; the packager that ends it takes it out. */
  async requestWork({ region, streamId }: PublishSession): Promise<void> {
    await this.redis.sadd(broadcastKeys.work(region), streamId);
  }
}

const keysOf = (streamId: string) => [broadcastKeys.session(streamId), broadcastKeys.end(streamId)] as const;
