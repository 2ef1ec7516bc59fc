import type { Position } from '../../../runtime/chat/protocol';
import { until, Visitor } from '../../chat/support/chat-pod';

interface Acknowledged extends Position {
  readonly text: string;
}

/** Writers that publish steadily through whatever happens, and remember what was acknowledged. */
export class Crowd {
  readonly acknowledged: Acknowledged[] = [];
  refused = 0;
  private running = true;
  private readonly loops: Promise<void>[];
  readonly writers: Visitor[];
  private sent = 0;

  constructor(urls: readonly string[], room: string, writers: number) {
    this.writers = Array.from(
      { length: writers },
      (_, n) => new Visitor(urls[n % urls.length] ?? '', room, `us_w${n}`),
    );
    this.loops = this.writers.map((writer) => this.write(writer));
  }

  async enter(): Promise<void> {
    await until('the crowd is in', () => this.writers.every(({ client }) => client.state === 'open'), 15_000);
  }

  /** Lets everyone finish what they are at, and leaves them in the room. */
  async stop(): Promise<void> {
    this.running = false;
    await Promise.all(this.loops);
  }

  leave(): void {
    for (const { client } of this.writers) client.close();
  }

  private async write(writer: Visitor): Promise<void> {
    while (this.running) {
      this.sent += 1;
      const text = `message ${this.sent}`;
      try {
        this.acknowledged.push({ ...(await writer.client.publish(text)), text });
      } catch {
        this.refused += 1;
      }
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

export interface Outcome {
  readonly acknowledged: readonly Acknowledged[];
  /** Of these, how many while the fault lasted. */
  readonly meanwhile: number;
  /** Acknowledged, and not shown to a reader. */
  readonly lost: readonly Acknowledged[];
}

/**
 * Injects a fault while eight writers write, and checks afterwards that no socket closed and that readers of every pod have
 * an unbroken sequence, each message once.
 */
export async function throughout(urls: readonly string[], room: string, inject: () => Promise<void>): Promise<Outcome> {
  const crowd = new Crowd(urls, room, 8);
  await crowd.enter();
  const readers = urls.map((url) => new Visitor(url, room));
  await until('some were written', () => crowd.acknowledged.length >= 24, 20_000);
  const before = crowd.acknowledged.length;
  await inject();
  const meanwhile = crowd.acknowledged.length - before;
  await until('writing goes on', () => crowd.acknowledged.length >= before + meanwhile + 16, 30_000);
  await crowd.stop();
  const newest = Math.max(...crowd.acknowledged.map(({ offset }) => offset));
  for (const reader of readers) {
    await until('the reader is level', () => (reader.events.at(-1)?.event.offset ?? 0) >= newest, 15_000);
    expectDense(reader);
    expect(new Set(reader.texts).size).toBe(reader.texts.length);
  }
  for (const { states } of [...readers, ...crowd.writers]) expect(states).toEqual(neverLeft);
  const shown = new Set(readers[0]?.texts);
  crowd.leave();
  for (const { client } of readers) client.close();
  return {
    acknowledged: crowd.acknowledged,
    meanwhile,
    lost: crowd.acknowledged.filter(({ text }) => !shown.has(text)),
  };
}

/** The states of a client whose socket lived through everything. */
export const neverLeft = ['connecting', 'open'];

/** Throws where a reader's events have a gap, a repetition or a wrong order within an epoch. */
export function expectDense(reader: Visitor): void {
  const newest = new Map<string, number>();
  for (const { epoch, event } of reader.events) {
    const before = newest.get(epoch);
    if (before !== undefined && event.offset !== before + 1) {
      throw new Error(`epoch ${epoch}: ${event.offset} follows ${before}`);
    }
    newest.set(epoch, event.offset);
  }
}
