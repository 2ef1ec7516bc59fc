import { setImmediate as nextTurn } from 'node:timers/promises';

/** Someone in a room who is written to. */
export interface Recipient {
  /** Writes one whole WebSocket frame; never waits. */
  write(frame: Buffer): void;
}

/** Longest that one broadcast keeps the event loop before others have their turn. */
const sliceMs = 8;
const recipientsBetweenLooks = 32;

/** Writes one frame to all, in slices. */
export async function fanOut(recipients: readonly Recipient[], frame: Buffer): Promise<void> {
  let sliceEnd = performance.now() + sliceMs;
  for (let index = 0; index < recipients.length; index += 1) {
    recipients[index]?.write(frame);
    if (index % recipientsBetweenLooks === 0 && performance.now() > sliceEnd) {
      await nextTurn();
      sliceEnd = performance.now() + sliceMs;
    }
  }
}
