import { join } from 'node:path';
import { defineScript, type RedisClient } from '../../shared/redis';
import type { Transport } from '../contract';
import { keys } from '../keys';

export interface Heartbeat {
  readonly streamId: string;
  readonly sessionId: string;
  readonly viewerId: string;
  readonly transport: Transport;
  readonly region: string;
  /** False once paused or ended: the session counts no longer. */
  readonly isPlaying: boolean;
}

export interface ViewerCount {
  readonly viewers: number;
  readonly peak: number;
  readonly byTransport: Readonly<Record<Transport, number>>;
  readonly byRegion: Readonly<Record<string, number>>;
}

/** Who watches now: exact, by session, over all pods. */
export interface ViewerCounts {
  beat(heartbeat: Heartbeat, minuteMs: number): Promise<ViewerCount>;
  look(streamId: string): Promise<ViewerCount>;
  /** Estimated (HyperLogLog), standard error 0.81 %. */
  uniques(streamId: string): Promise<number>;
}

/** Seconds between two heartbeats of a player. */
export const heartbeatSeconds = 20;
/** A session that missed two heartbeats and the jitter of a third is gone. */
const leaseMs = heartbeatSeconds * 2_500;
/** A player that was silent longer was not watching all that time. */
const longestPauseMs = heartbeatSeconds * 1_500;

export function createRedisViewerCounts(redis: RedisClient): ViewerCounts {
  defineScript(redis, 'viewerHeartbeat', join(__dirname, 'heartbeat.lua'), 5);
  const client = redis as RedisClient & {
    viewerHeartbeat(...parameters: (string | number)[]): Promise<[number, number, string[]]>;
  };
  const keysOf = (streamId: string, minuteMs: number) => [
    keys.sessions(streamId),
    keys.facts(streamId),
    keys.totals(streamId),
    keys.uniques(streamId),
    keys.minute(streamId, minuteMs),
  ];
  return {
    async beat({ streamId, sessionId, viewerId, transport, region, isPlaying }, minuteMs) {
      return readCount(
        await client.viewerHeartbeat(
          ...keysOf(streamId, minuteMs),
          sessionId,
          viewerId,
          transport,
          region,
          isPlaying ? 1 : 0,
          leaseMs,
          longestPauseMs,
        ),
      );
    },
    async look(streamId) {
      return readCount(
        await client.viewerHeartbeat(...keysOf(streamId, 0), '', '', '', '', 0, leaseMs, longestPauseMs),
      );
    },
    uniques: (streamId) => redis.pfcount(keys.uniques(streamId)),
  };
}

function readCount([viewers, peak, totals]: readonly [number, number, readonly string[]]): ViewerCount {
  const byTransport = { hls: 0, webrtc: 0 };
  const byRegion: Record<string, number> = {};
  for (let index = 0; index + 1 < totals.length; index += 2) {
    const [, kind, name = ''] = totals[index]?.split(':') ?? [];
    const count = Number(totals[index + 1]);
    if (kind === 'transport') byTransport[name as Transport] = count;
    if (kind === 'region' && count > 0) byRegion[name] = count;
  }
  return { viewers, peak, byTransport, byRegion };
}
