import type { Logger } from '../../shared/log';
import type { Broker } from '../broker/broker';
import type { Archive } from './archive';

/** Moves a room's events from the broker's outbox to the archive; they leave the outbox only once they are stored. */
export interface Archiver {
  /** Asks for a pass over the room soon; further requests meanwhile are one. */
  request(room: string): void;
  /** Finishes what was requested. */
  drain(): Promise<void>;
}

const delayMs = 500;
const retryMs = 3_000;

export function createArchiver(broker: Broker, archive: Archive, claimant: string, log: Logger): Archiver {
  const requested = new Map<string, NodeJS.Timeout>();
  const running = new Set<Promise<void>>();
  let failing = false;
  let draining = false;

  const pass = async (room: string): Promise<void> => {
    try {
      for (;;) {
        const entries = await broker.claimOutbox(room, claimant);
        if (entries.length === 0) break;
        await archive.store(room, entries);
        if ((await broker.settleOutbox(room, claimant, entries)) === 0) break;
      }
      failing = false;
    } catch (error) {
      if (!failing) log.warn({ err: error, room }, 'messages wait for the archive');
      failing = true;
      schedule(room, retryMs);
    }
  };
  const start = (room: string): Promise<void> => {
    requested.delete(room);
    const passing: Promise<void> = pass(room).finally(() => running.delete(passing));
    running.add(passing);
    return passing;
  };
  const schedule = (room: string, afterMs: number): void => {
    if (requested.has(room) || draining) return;
    requested.set(
      room,
      setTimeout(() => void start(room), afterMs),
    );
  };

  return {
    request: (room) => schedule(room, delayMs),
    async drain() {
      draining = true;
      for (const [room, timer] of requested) {
        clearTimeout(timer);
        void start(room);
      }
      await Promise.all(running);
    },
  };
}
