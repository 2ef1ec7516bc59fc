import type { Entry } from '../broker/broker';
import { type MessageEvent, messageId, mostRecovered, type Position, type RoomEvent } from '../protocol';

interface Item extends Entry {
  /** Of a message that is not a tombstone yet. */
  readonly author: string | undefined;
}

/** The newest events of a room as this pod knows them, dense up to the newest, with deletions carried out. */
export class EventLog {
  private items: Item[] = [];

  /** Takes events that directly follow what is here. */
  append(entry: Entry, event: RoomEvent): void {
    this.items.push({ ...entry, author: event.type === 'message' ? event.user.id : undefined });
    if (this.items.length > mostRecovered) this.items.shift();
    if (event.type === 'deleted') this.bury((item) => messageId(item.epoch, item.offset) === event.messageId);
    if (event.type === 'sanctioned') this.bury((item) => item.author === event.userId);
  }

  clear(): void {
    this.items = [];
  }

  /** JSON of the newest events up to `offset`, oldest first; those of an earlier epoch name it. */
  newest(count: number, { epoch, offset }: Position): string[] {
    return this.items
      .filter((item) => item.epoch !== epoch || item.offset <= offset)
      .slice(-count)
      .map((item) => (item.epoch === epoch ? item.json : `{"epoch":"${item.epoch}",${item.json.slice(1)}`));
  }

  /** JSON of exactly the events in (from, to] of one epoch, or nothing where they are not all here. */
  between(epoch: string, from: number, to: number): string[] | undefined {
    const found = this.items.filter((item) => item.epoch === epoch && item.offset > from && item.offset <= to);
    return found.length === to - from ? found.map((item) => item.json) : undefined;
  }

  /** Who wrote a message that is still here and not deleted. */
  authorOf(id: string): string | undefined {
    return this.items.find((item) => messageId(item.epoch, item.offset) === id)?.author;
  }

  private bury(isDead: (item: Item) => boolean): void {
    this.items = this.items.map((item) =>
      item.author !== undefined && isDead(item) ? { ...item, json: tombstone(item.json), author: undefined } : item,
    );
  }
}

function tombstone(json: string): string {
  const { emotes: _emotes, ...message } = JSON.parse(json) as MessageEvent;
  return JSON.stringify({ ...message, text: '', deleted: true });
}
