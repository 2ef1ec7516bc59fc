import type { Revocation } from '../../shared/broadcast';
import type { Logger } from '../../shared/log';
import { type Repetition, repeat } from '../../shared/repeat';
import type { RevocationStore } from './revocations';

/** Revocations take at most two seconds to reach a gate; this is our share. */
const pollEveryMs = 400;
const keepAliveMs = 5_000;
const pageSize = 500;

export interface Reader {
  send(text: string): void;
  /** Nothing more comes from here: ask again, and another pod answers. */
  end(): void;
}

export interface RevocationFeed {
  /** Sends what comes after `id` as server-sent events, then what happens. Returns how to stop. */
  follow(id: number, reader: Reader): () => void;
  /** Ends for every reader. */
  stop(): Promise<void>;
}

interface Follower {
  lastId: number;
  silentSinceMs: number;
  readonly reader: Reader;
}

/**
 * Reads the list once for all followers. A table read every 400 ms survives what a notification does not: a restarted
 * server, a lost connection, a pod that was away.
 */
export function createRevocationFeed(store: RevocationStore, log: Logger): RevocationFeed {
  const followers = new Set<Follower>();
  let stopped = false;

  const serve = async (follower: Follower) => {
    for (;;) {
      const page = await store.after(follower.lastId, pageSize);
      for (const revocation of page) {
        follower.reader.send(formatEvent(revocation));
        follower.lastId = revocation.id;
        follower.silentSinceMs = Date.now();
      }
      if (page.length < pageSize) return;
    }
  };

  const poll: Repetition = repeat(async () => {
    try {
      // Followers that are up to date, nearly always all of them, share one read.
      const oldest = Math.min(...[...followers].map((follower) => follower.lastId));
      if (followers.size > 0 && (await store.after(oldest, 1)).length > 0) {
        for (const follower of followers) await serve(follower);
      }
    } catch (error) {
      log.warn({ err: error }, 'revocations cannot be read');
    }
    for (const follower of followers) {
      if (Date.now() - follower.silentSinceMs < keepAliveMs) continue;
      follower.reader.send(': still here\n\n');
      follower.silentSinceMs = Date.now();
    }
  }, pollEveryMs);

  return {
    follow(id, reader) {
      if (stopped) reader.end();
      const follower: Follower = { lastId: id, silentSinceMs: Date.now(), reader };
      followers.add(follower);
      return () => followers.delete(follower);
    },
    async stop() {
      stopped = true;
      await poll.stop();
      for (const { reader } of followers) reader.end();
    },
  };
}

const formatEvent = (revocation: Revocation) => `id: ${revocation.id}\ndata: ${JSON.stringify(revocation)}\n\n`;
