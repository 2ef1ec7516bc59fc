import { randomUUID } from 'node:crypto';
import type { PolicySource } from '../policy/policy-source';
import { heartbeatSeconds } from '../protocol';
import { Room, type RoomDependencies } from './room';

export interface RoomsDependencies extends RoomDependencies {
  readonly policies: PolicySource;
  readonly podName: string;
}

/** Every pod looks after its rooms this often. With the pause below, what was missed is found within two seconds. */
const checkMs = 1_000;
/** A room that heard something this recently missed nothing; rules asked for this recently are not asked for again. */
const freshMs = 900;
const presenceReportMs = 5_000;
const idleCloseMs = 30_000;

/** The rooms that this pod serves. A room is opened by its first visitor and closed when it has been empty a while. */
export class Rooms {
  private readonly rooms = new Map<string, { readonly opened: Promise<Room>; room: Room; emptySinceMs: number }>();
  private readonly timers: readonly NodeJS.Timeout[];
  private heartbeatAtMs = 0;

  constructor(private readonly dependencies: RoomsDependencies) {
    this.timers = [
      setInterval(() => this.each((room) => this.check(room)), checkMs),
      setInterval(() => this.reportPresence(), presenceReportMs),
      setInterval(() => this.closeIdle(), idleCloseMs / 2),
    ];
  }

  /** Opens the room, once for all who ask meanwhile. Rejects where neither broker nor stream service can say more. */
  get(id: string): Promise<Room> {
    const existing = this.rooms.get(id);
    if (existing) return existing.opened;
    const room = new Room(id, this.dependencies);
    const opened = room.open().then(() => room);
    this.rooms.set(id, { opened, room, emptySinceMs: this.dependencies.now() });
    opened.catch(() => {
      this.rooms.delete(id);
      void room.close().catch(() => undefined);
    });
    return opened;
  }

  get sockets(): number {
    let sockets = 0;
    for (const { room } of this.rooms.values()) sockets += room.size;
    return sockets;
  }

  get size(): number {
    return this.rooms.size;
  }

  async close(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await Promise.allSettled([...this.rooms.values()].map(({ room }) => room.close()));
    this.rooms.clear();
  }

  private each(act: (room: Room) => Promise<void>): void {
    for (const { opened } of this.rooms.values()) {
      opened.then(act).catch((error: unknown) => this.dependencies.log.warn({ err: error }, 'a room is not cared for'));
    }
  }

  private async check(room: Room): Promise<void> {
    await room.checkPosition(freshMs);
    if (room.size > 0) await this.checkPolicy(room);
  }

  /** The first pod to ask in an interval asks for all; a change is an event like any other. */
  private async checkPolicy(room: Room): Promise<void> {
    const { broker, policies } = this.dependencies;
    if (!(await broker.claimPolicyCheck(room.id, freshMs))) return;
    const policy = await policies.policyOf(room.id);
    if (!policy || JSON.stringify(policy) === JSON.stringify(room.policy)) return;
    await broker.moderate(room.id, {
      receipt: randomUUID(),
      event: JSON.stringify({ type: 'settings', settings: policy.settings }),
      effect: { type: 'policy', policy: JSON.stringify(policy) },
    });
  }

  private reportPresence(): void {
    const { broker, podName, now } = this.dependencies;
    const isHeartbeat = now() - this.heartbeatAtMs >= heartbeatSeconds * 1_000 - presenceReportMs;
    if (isHeartbeat) this.heartbeatAtMs = now();
    this.each(async (room) => {
      this.dependencies.requestArchive(room.id);
      const before = room.connected;
      try {
        room.connected = await broker.countPresence(room.id, podName, room.size);
      } finally {
        if (isHeartbeat || room.connected !== before) room.tell({ type: 'presence', connected: room.connected });
      }
    });
  }

  private closeIdle(): void {
    const now = this.dependencies.now();
    for (const [id, held] of this.rooms) {
      if (held.room.size > 0) held.emptySinceMs = now;
      else if (now - held.emptySinceMs >= idleCloseMs) {
        this.rooms.delete(id);
        held.room.close().catch((error: unknown) => this.dependencies.log.warn({ err: error, room: id }, 'not closed'));
      }
    }
  }
}
