import { mostRecovered } from '../protocol';
import {
  type Broker,
  claimMs,
  type Entry,
  type Outcome,
  outboxBatch,
  outboxLength,
  presenceTtlMs,
  receiptSeconds,
  type SanctionEnd,
} from './broker';
import { formatEntry } from './entry';

interface MemoryRoom {
  readonly epoch: string;
  offset: number;
  seeded: boolean;
  policy: string | undefined;
  readonly sanctions: Map<string, SanctionEnd>;
  readonly log: Entry[];
  readonly outbox: Entry[];
  claim: { readonly claimant: string; readonly untilMs: number } | undefined;
  policyCheckedUntilMs: number;
  readonly receipts: Map<string, { readonly offset: number; readonly untilMs: number }>;
  readonly slowUntilMs: Map<string, number>;
  readonly presence: Map<string, { readonly sockets: number; readonly untilMs: number }>;
  readonly listeners: Set<(entry: Entry) => void>;
}

/** The broker's rules without a server: the reference that the Redis one is tested beside. */
export function createMemoryBroker(now: () => number = Date.now): Broker {
  const rooms = new Map<string, MemoryRoom>();
  let epochs = 0;
  const roomOf = (name: string): MemoryRoom => {
    let room = rooms.get(name);
    if (!room) {
      room = {
        epoch: `memory-${++epochs}`,
        offset: 0,
        seeded: false,
        policy: undefined,
        sanctions: new Map(),
        log: [],
        outbox: [],
        claim: undefined,
        policyCheckedUntilMs: 0,
        receipts: new Map(),
        slowUntilMs: new Map(),
        presence: new Map(),
        listeners: new Set(),
      };
      rooms.set(name, room);
    }
    return room;
  };

  const answeredBefore = (room: MemoryRoom, receipt: string): Outcome | undefined => {
    const before = room.receipts.get(receipt);
    if (!before || before.untilMs <= now()) return undefined;
    return { kind: 'done', epoch: room.epoch, offset: before.offset };
  };
  const append = (room: MemoryRoom, receipt: string, event: string): Outcome => {
    const offset = ++room.offset;
    const json = `{"offset":${offset},"at":${now()},${event.slice(1)}`;
    const entry: Entry = { epoch: room.epoch, offset, json };
    room.log.push(entry);
    if (room.log.length > mostRecovered) room.log.shift();
    room.outbox.push(entry);
    if (room.outbox.length > outboxLength) room.outbox.shift();
    room.receipts.set(receipt, { offset, untilMs: now() + receiptSeconds * 1_000 });
    for (const listener of room.listeners) listener(entry);
    return { kind: 'done', epoch: room.epoch, offset };
  };
  const presenceOf = (room: MemoryRoom): number => {
    let sum = 0;
    for (const { sockets, untilMs } of room.presence.values()) if (untilMs > now()) sum += sockets;
    return sum;
  };

  return {
    async read(name, from) {
      const room = roomOf(name);
      const { epoch, offset, seeded, policy, log } = room;
      const isBehind = from?.epoch === epoch && from.offset <= offset;
      const missing = isBehind ? offset - from.offset : Number.POSITIVE_INFINITY;
      if (missing === 0) return { epoch, offset, entries: [] };
      return {
        epoch,
        offset,
        entries: log.slice(-missing),
        state: { seeded, policy, sanctions: new Map(room.sanctions) },
      };
    },
    async publish(name, { author, receipt, event, slowModeMs }) {
      const room = roomOf(name);
      const before = answeredBefore(room, receipt);
      if (before) return before;
      if (!room.seeded) return { kind: 'unseeded' };
      const end = room.sanctions.get(author);
      if (end === 'ban') return { kind: 'refused', code: 'banned', waitMs: 0 };
      if (end !== undefined && end > now()) return { kind: 'refused', code: 'timed-out', waitMs: end - now() };
      const slowUntil = room.slowUntilMs.get(author) ?? 0;
      if (slowModeMs > 0 && slowUntil > now()) return { kind: 'refused', code: 'slow-mode', waitMs: slowUntil - now() };
      if (slowModeMs > 0) room.slowUntilMs.set(author, now() + slowModeMs);
      return append(room, receipt, event);
    },
    async moderate(name, { receipt, event, effect }) {
      const room = roomOf(name);
      const before = answeredBefore(room, receipt);
      if (before) return before;
      if (!room.seeded) return { kind: 'unseeded' };
      if (effect?.type === 'sanction') room.sanctions.set(effect.userId, effect.end);
      if (effect?.type === 'pardon') room.sanctions.delete(effect.userId);
      if (effect?.type === 'policy') room.policy = effect.policy;
      return append(room, receipt, event);
    },
    async seed(name, { policy, sanctions }) {
      const room = roomOf(name);
      if (room.seeded) return;
      room.seeded = true;
      room.policy = policy;
      for (const [userId, end] of sanctions) room.sanctions.set(userId, end);
    },
    async subscribe(name, listener) {
      const { listeners } = roomOf(name);
      listeners.add(listener);
      return async () => {
        listeners.delete(listener);
      };
    },
    async countPresence(name, pod, sockets) {
      const room = roomOf(name);
      room.presence.set(pod, { sockets, untilMs: now() + presenceTtlMs });
      return presenceOf(room);
    },
    readPresence: async (name) => presenceOf(roomOf(name)),
    async claimPolicyCheck(name, intervalMs) {
      const room = roomOf(name);
      if (room.policyCheckedUntilMs > now()) return false;
      room.policyCheckedUntilMs = now() + intervalMs;
      return true;
    },
    async claimOutbox(name, claimant) {
      const room = roomOf(name);
      if (room.outbox.length === 0 || (room.claim && room.claim.untilMs > now())) return [];
      room.claim = { claimant, untilMs: now() + claimMs };
      return room.outbox.slice(0, outboxBatch);
    },
    async settleOutbox(name, claimant, archived) {
      const room = roomOf(name);
      if (room.claim?.claimant !== claimant || room.claim.untilMs <= now()) return room.outbox.length;
      for (const entry of archived) {
        const oldest = room.outbox[0];
        if (oldest && formatEntry(oldest) === formatEntry(entry)) room.outbox.shift();
      }
      room.claim = undefined;
      return room.outbox.length;
    },
  };
}
