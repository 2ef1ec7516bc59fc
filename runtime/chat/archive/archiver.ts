import type { Logger } from '../../shared/log';
import type { Broker } from '../broker/broker';
import type { Archive } from './archive';

/**
 * Moves a room's events from the broker's outbox to the archive; they leave the outbox only once they are stored. Every
 * pod that has the room open asks again from time to time, so that what a dead pod left behind is taken up.
 */
export interface Archiver {
  /** Asks for a pass over the room soon; further requests until it is over are one. */
  request(room: string): void;
  /** Finishes what was requested. */
  drain(): Promise<void>;
}

const delayMs = 500;
const retryMs = 3_000;

export function createArchiver(broker: Broker, archive: Archive, claimant: string, log: Logger): Archiver {
  const requested = new Map<string, NodeJS.Timeout>();
  const running = new Map<string, Promise<void>>();
  let failing = false;
  let draining = false;

  const pass = async (room: string): Promise<void> => {
    try {
      while (await move(room));
      failing = false;
    } catch (error) {
      if (!failing) log.warn({ err: error, room }, 'messages wait for the archive');
      failing = true;
      schedule(room, retryMs);
    }
  };
  /** Archives one claim; tells whether there may be more. */
  const move = async (room: string): Promise<boolean> => {
    const entries = await broker.claimOutbox(room, claimant);
    if (entries.length === 0) return false;
    try {
      await archive.store(room, entries);
    } catch (error) {
      // The claim is given back, so that whoever is next need not wait for it to lapse.
      await broker.settleOutbox(room, claimant, []);
      throw error;
    }
    return (await broker.settleOutbox(room, claimant, entries)) > 0;
  };
  const start = (room: string): void => {
    requested.delete(room);
    running.set(
      room,
      pass(room).finally(() => running.delete(room)),
    );
  };
  const schedule = (room: string, afterMs: number): void => {
    if (requested.has(room) || draining) return;
    requested.set(
      room,
      setTimeout(() => start(room), afterMs),
    );
  };

  return {
    request(room) {
      if (!running.has(room)) schedule(room, delayMs);
    },
    async drain() {
      draining = true;
      for (const [room, timer] of requested) {
        clearTimeout(timer);
        if (!running.has(room)) start(room);
      }
      await Promise.all(running.values());
    },
  };
}
