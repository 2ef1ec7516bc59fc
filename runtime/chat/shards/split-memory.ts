import { splitOf, viewersPerSplit } from '../../shared/rendezvous';

/** A room is drawn together again only after it has been half empty for so long. */
const shrinkAfterMs = 600_000;
const mostRemembered = 10_000;

interface Spread {
  readonly split: number;
  readonly halfEmptySinceMs: number | undefined;
}

/** Over how many shards each room is spread: grows at once, shrinks late, so that a flickering room does not move. */
export class SplitMemory {
  private readonly rooms = new Map<string, Spread>();

  constructor(private readonly now: () => number) {}

  splitFor(room: string, viewers: number, shards: number): number {
    const next = this.next(this.rooms.get(room), viewers, shards);
    if (!this.rooms.has(room) && this.rooms.size >= mostRemembered) {
      this.rooms.delete(this.rooms.keys().next().value as string);
    }
    this.rooms.set(room, next);
    return next.split;
  }

  private next(known: Spread | undefined, viewers: number, shards: number): Spread {
    const wanted = splitOf(viewers, shards);
    if (!known || wanted >= known.split) return { split: wanted, halfEmptySinceMs: undefined };
    const split = Math.min(known.split, shards);
    if (viewers * 2 >= known.split * viewersPerSplit) return { split, halfEmptySinceMs: undefined };
    const halfEmptySinceMs = known.halfEmptySinceMs ?? this.now();
    if (this.now() - halfEmptySinceMs >= shrinkAfterMs) return { split: wanted, halfEmptySinceMs: undefined };
    return { split, halfEmptySinceMs };
  }
}
