import type { Logger } from '../../shared/log';
import { type Repetition, repeat } from '../../shared/repeat';
import type { DeletionStore } from './store';

const checkEveryMs = 5_000;
const longestPauseSeconds = 3_600;

/** Tells the stream service which accounts are gone, again and again until it has answered. */
export function startDeletions(options: {
  readonly store: DeletionStore;
  readonly forget: (userId: string) => Promise<void>;
  readonly log: Logger;
  readonly now: () => Date;
}): Repetition {
  const { store, forget, log, now } = options;
  const attempt = async ({ userId, attempts }: { readonly userId: string; readonly attempts: number }) => {
    try {
      await forget(userId);
      await store.done(userId);
    } catch (error) {
      log.warn({ err: error, userId }, 'the stream service has not forgotten a deleted account yet');
      const pauseSeconds = Math.min(longestPauseSeconds, 5 * 2 ** attempts);
      await store.postpone(userId, new Date(now().getTime() + pauseSeconds * 1_000));
    }
  };
  return repeat(async () => {
    try {
      for (const due of await store.due(now(), 20)) await attempt(due);
    } catch (error) {
      log.warn({ err: error }, 'deleted accounts cannot be read');
    }
  }, checkEveryMs);
}
