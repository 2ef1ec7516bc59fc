import type { Logger } from '../../shared/log';
import { hlsKeys } from '../../shared/media-layout';
import { type Repetition, repeat } from '../../shared/repeat';
import type { MediaObjects } from '../recordings/objects';
import type { Purge } from './purge';
import type { Takedown, TakedownStore } from './store';

const checkEveryMs = 2_000;
const longestPauseSeconds = 3_600;

/** Removes objects first and purges second: purged first, a viewer could fill the cache again. */
export function startTakedowns(options: {
  readonly store: TakedownStore;
  readonly objects: MediaObjects;
  readonly purge: Purge | undefined;
  readonly log: Logger;
  readonly now: () => Date;
}): Repetition {
  const { store, objects, purge, log, now } = options;

  const carryOut = async (takedown: Takedown) => {
    await objects.removeHls(takedown);
    if (takedown.recording) await objects.removeRecording(takedown);
    await purge?.(hlsKeys.root(takedown));
  };

  return repeat(async () => {
    try {
      for (const takedown of await store.due(now(), 20)) {
        try {
          await carryOut(takedown);
          await store.done(takedown.id);
        } catch (error) {
          log.warn({ err: error, streamId: takedown.streamId }, 'takedown is not complete yet');
          const pauseSeconds = Math.min(longestPauseSeconds, 5 * 2 ** takedown.attempts);
          await store.postpone(takedown.id, new Date(now().getTime() + pauseSeconds * 1_000));
        }
      }
    } catch (error) {
      log.warn({ err: error }, 'takedowns cannot be read');
    }
  }, checkEveryMs);
}
