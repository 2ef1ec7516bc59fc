import { type CaptionCue, captionCue } from '../../shared/broadcast';
import type { RedisClient } from '../../shared/redis';

export interface CaptionStore {
  add(streamId: string, cues: readonly CaptionCue[]): Promise<void>;
  /** What came after `place`, oldest first; without one, all that is kept. */
  after(
    streamId: string,
    place: string | undefined,
  ): Promise<{ readonly cues: CaptionCue[]; readonly last: string | null }>;
}

/** Half an hour of fast speech: whoever packages needs the newest seconds. */
const keptCues = 1_000;
const keepSeconds = 3_600;
const mostAtOnce = 500;

export function createCaptionStore(redis: RedisClient): CaptionStore {
  const keyOf = (streamId: string) => `stream:{${streamId}}:captions`;
  return {
    async add(streamId, cues) {
      const key = keyOf(streamId);
      for (const cue of cues) await redis.xadd(key, 'MAXLEN', '~', keptCues, '*', 'cue', JSON.stringify(cue));
      await redis.expire(key, keepSeconds);
    },
    async after(streamId, place) {
      const from = place === undefined ? '-' : `(${place}`;
      const entries = await redis.xrange(keyOf(streamId), from, '+', 'COUNT', mostAtOnce);
      return {
        cues: entries.map(([, [, cue = '']]) => captionCue.parse(JSON.parse(cue))),
        last: entries.at(-1)?.[0] ?? null,
      };
    },
  };
}
