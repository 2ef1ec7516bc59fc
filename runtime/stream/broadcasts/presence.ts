import { z } from 'zod';
import { broadcastKeys, type CellReport, cellReport, publishSession } from '../../shared/broadcast';
import type { RedisClient } from '../../shared/redis';

/** A cell that has said nothing for this long is cut off. */
const reportTtlSeconds = 10;

/** What is going on in a region, as far as home knows. */
export interface Presence {
  /**
   * Whether a publisher is there. `unknown` for a cell that is cut off: it keeps its broadcasts, and so do we.
   */
  publisher(region: string, streamId: string, sessionId: string): Promise<'there' | 'gone' | 'unknown'>;
  /** Broadcasts the region could still package; `undefined` for a cell that is cut off. */
  freeSlots(region: string): Promise<number | undefined>;
  /** Whether a packager holds the stream; `undefined` away from home. */
  isPackaged(region: string, streamId: string): Promise<boolean | undefined>;
  /** Asks the home region's packagers for one more time to take the stream. */
  requestPackager(region: string, streamId: string): Promise<void>;
  report(region: string, report: CellReport): Promise<void>;
}

export function createPresence(redis: RedisClient, homeRegion: string): Presence {
  const reportKey = (region: string) => `cells:{${region}}:report`;
  const readReport = async (region: string) => parse(cellReport, await redis.get(reportKey(region)));

  /** Broadcasts that were let in and that no packager holds yet: their slots are spoken for. */
  const countUnleased = async (region: string) => {
    const wanted = await redis.smembers(broadcastKeys.work(region));
    const leased = await Promise.all(wanted.map((streamId) => redis.exists(broadcastKeys.lease(streamId))));
    return leased.filter((held) => held === 0).length;
  };

  return {
    async publisher(region, streamId, sessionId) {
      if (region !== homeRegion) {
        const report = await readReport(region);
        if (!report) return 'unknown';
        return report.sessions.some((session) => session.sessionId === sessionId) ? 'there' : 'gone';
      }
      const session = parse(publishSession, await redis.get(broadcastKeys.session(streamId)));
      return session?.sessionId === sessionId ? 'there' : 'gone';
    },

    async freeSlots(region) {
      if (region !== homeRegion) {
        const report = await readReport(region);
        return report && (report.accepting ? report.freeSlots : 0);
      }
      const entries = await redis.zrange(broadcastKeys.slots(region), '0', '-1', 'WITHSCORES');
      const packagers = pairs(entries);
      const alive = await Promise.all(packagers.map(([id]) => redis.exists(broadcastKeys.slotHeartbeat(region, id))));
      const free = packagers.reduce((sum, [, slots], index) => sum + (alive[index] === 1 ? slots : 0), 0);
      return Math.max(0, free - (await countUnleased(region)));
    },

    async isPackaged(region, streamId) {
      if (region !== homeRegion) return undefined;
      return (await redis.exists(broadcastKeys.lease(streamId))) === 1;
    },

    async requestPackager(region, streamId) {
      await redis.sadd(broadcastKeys.work(region), streamId);
    },

    async report(region, report) {
      await redis.set(reportKey(region), JSON.stringify(report), 'EX', reportTtlSeconds);
    },
  };
}

function parse<S extends z.ZodType>(schema: S, text: string | null): z.output<S> | undefined {
  if (text === null) return undefined;
  const parsed = schema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : undefined;
}

/** Redis answers RESP2 clients with `[member, score, …]` and RESP3 clients with `[[member, score], …]`. */
const pairsReply = z.array(z.union([z.string(), z.number(), z.tuple([z.string(), z.coerce.number()])]));

function pairs(reply: unknown): [string, number][] {
  const flat = pairsReply.parse(reply).flat();
  return flat.flatMap((member, index): [string, number][] =>
    index % 2 === 0 ? [[String(member), Number(flat[index + 1])]] : [],
  );
}
