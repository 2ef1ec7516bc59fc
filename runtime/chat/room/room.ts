import type { Logger } from '../../shared/log';
import type { Broker, Entry, RoomReading, SanctionEnd, Unsubscribe } from '../broker/broker';
import { parsePolicy, type RoomPolicy } from '../policy/room-policy';
import { type CloseReason, historyOnJoin, type Position, type RoomEvent, type ServerFrame } from '../protocol';
import { batchWindowMs, type Load, RateMeter } from './cadence';
import { EventLog } from './event-log';
import { fanOut, type Recipient } from './fan-out';
import { encodeTextFrame } from './text-frame';

/** One socket in a room. */
export interface Member extends Recipient {
  readonly userId: string | undefined;
  close(reason: CloseReason): void;
}

export interface RoomDependencies {
  readonly broker: Broker;
  readonly seed: Seed;
  readonly log: Logger;
  readonly now: () => number;
  readonly batchWindow?: (load: Load) => number;
  /** Asks for the room's events to be archived soon. */
  readonly requestArchive: (room: string) => void;
  readonly onFanOut: (frames: number, events: number) => void;
}

/**
 * Fills a room that the broker does not know from what is durable, as far as that can be read, and returns its policy.
 * @param known the policy that this pod still has; taken where the stream service is away
 */
export type Seed = (room: string, known: RoomPolicy | undefined) => Promise<RoomPolicy>;

/**
 * A pod's share of a room: follows the broker's event stream without gaps and tells its members in batches.
 *
 * Invariant: `head` is the newest event taken in order, `told` the newest that members were sent; the events between
 * are `pending`. Who joins is brought to `told`, so that the next batch continues exactly there.
 */
export class Room {
  private readonly members = new Set<Member>();
  private readonly log = new EventLog();
  private readonly rate = new RateMeter();
  private position: Position = { epoch: '', offset: 0 };
  private told = 0;
  private pending: string[] = [];
  private policyNow: RoomPolicy | undefined;
  private sanctions = new Map<string, SanctionEnd>();
  private catchingUp: Promise<void> | undefined;
  private heardMeanwhile = false;
  private heardAtMs = 0;
  private flushTimer: NodeJS.Timeout | undefined;
  private flushedAtMs = 0;
  private writing: Promise<void> = Promise.resolve();
  private unsubscribe: Unsubscribe | undefined;
  private historyFrame: { readonly position: Position; readonly frame: Buffer } | undefined;
  /** Sockets over all pods, as last heard. */
  connected = 0;

  constructor(
    readonly id: string,
    private readonly dependencies: RoomDependencies,
  ) {}

  /** Subscribes first and reads after, so that nothing falls between. */
  async open(): Promise<void> {
    this.unsubscribe = await this.dependencies.broker.subscribe(this.id, (entry) => this.hear(entry));
    await this.catchUp();
    if (!this.policyNow) throw new Error(`the policy of room ${this.id} is not known`);
  }

  async close(): Promise<void> {
    clearTimeout(this.flushTimer);
    await this.unsubscribe?.();
  }

  get size(): number {
    return this.members.size;
  }

  get policy(): RoomPolicy {
    if (!this.policyNow) throw new Error(`room ${this.id} is not open`);
    return this.policyNow;
  }

  sanctionOf(userId: string): SanctionEnd | undefined {
    const end = this.sanctions.get(userId);
    return end === 'ban' || (end !== undefined && end > this.dependencies.now()) ? end : undefined;
  }

  authorOf(messageId: string): string | undefined {
    return this.log.authorOf(messageId);
  }

  /** Adds a member and brings it to where the others are: by exactly what it missed, or by the newest history. */
  async join(member: Member, from: Position | undefined, welcome: (recovered: boolean) => Buffer): Promise<void> {
    // Another pod may have told it more than this one has heard.
    if (from && (from.epoch !== this.position.epoch || from.offset > this.position.offset)) {
      await this.catchUp().catch(() => undefined);
    }
    if (from && from.epoch === this.position.epoch && from.offset > this.told) this.flush();
    const missed = from && this.missedSince(from);
    member.write(welcome(missed !== undefined));
    if (missed === undefined) member.write(this.history());
    else if (missed.length > 0) member.write(batchFrame(this.position.epoch, missed));
    this.members.add(member);
  }

  leave(member: Member): void {
    this.members.delete(member);
  }

  /** Sends a frame to every member, behind what is already on its way. */
  tell(frame: ServerFrame): void {
    this.write(encodeTextFrame(JSON.stringify(frame)), 0);
  }

  everyMember(act: (member: Member) => void): void {
    for (const member of [...this.members]) act(member);
  }

  /** Newest events as JSON, oldest first, with the position they lead to. */
  recent(count: number): Position & { readonly events: readonly string[] } {
    return { ...this.position, events: this.log.newest(count, this.position) };
  }

  /** Asks the broker whether anything was missed, unless events have just arrived. */
  async checkPosition(quietMs: number): Promise<void> {
    if (this.dependencies.now() - this.heardAtMs >= quietMs) await this.catchUp();
  }

  /** Reads from the broker until this pod stands where the room stands. */
  catchUp(): Promise<void> {
    this.catchingUp ??= this.readUntilLevel().finally(() => {
      this.catchingUp = undefined;
    });
    return this.catchingUp;
  }

  /** Fills the broker's room again, where it has forgotten it. */
  async seed(): Promise<void> {
    this.policyNow = await this.dependencies.seed(this.id, this.policyNow);
  }

  private hear(entry: Entry): void {
    this.heardAtMs = this.dependencies.now();
    if (this.catchingUp) {
      this.heardMeanwhile = true;
      return;
    }
    const { epoch, offset } = this.position;
    if (entry.epoch === epoch && entry.offset <= offset) return;
    if (entry.epoch === epoch && entry.offset === offset + 1) this.take(entry);
    else this.catchUp().catch((error: unknown) => this.complain(error));
  }

  private async readUntilLevel(): Promise<void> {
    const { broker } = this.dependencies;
    do {
      this.heardMeanwhile = false;
      const known = this.position.epoch === '' ? undefined : this.position;
      let reading = await broker.read(this.id, known);
      if (reading.state && !reading.state.seeded) {
        await this.seed();
        reading = await broker.read(this.id, known);
      }
      this.adopt(reading);
    } while (this.heardMeanwhile);
  }

  private adopt({ epoch, offset, entries, state }: RoomReading): void {
    if (state) {
      this.policyNow = parsePolicy(state.policy) ?? this.policyNow;
      this.sanctions = new Map(state.sanctions);
    }
    const isNext = epoch === this.position.epoch && entries.length === offset - this.position.offset;
    if (isNext) {
      for (const entry of entries) this.take(entry);
      return;
    }
    // A new epoch, or more was missed than is kept: what members know is void.
    this.log.clear();
    for (const entry of entries) this.log.append(entry, JSON.parse(entry.json) as RoomEvent);
    this.pending = [];
    this.position = { epoch, offset };
    this.told = offset;
    this.banish();
    if (this.members.size > 0) this.write(this.history(), 0);
  }

  private take(entry: Entry): void {
    const event = JSON.parse(entry.json) as RoomEvent;
    this.position = { epoch: entry.epoch, offset: entry.offset };
    this.log.append(entry, event);
    this.carryOut(event);
    this.dependencies.requestArchive(this.id);
    if (this.members.size === 0) {
      this.told = entry.offset;
      return;
    }
    this.rate.count(this.dependencies.now());
    this.pending.push(entry.json);
    this.scheduleFlush();
  }

  private carryOut(event: RoomEvent): void {
    switch (event.type) {
      case 'sanctioned':
        this.sanctions.set(event.userId, event.until ?? 'ban');
        this.banish();
        return;
      case 'pardoned':
        this.sanctions.delete(event.userId);
        return;
      case 'settings':
        if (this.policyNow) this.policyNow = { ...this.policyNow, settings: event.settings };
        // Broadcasts wait for it: whoever is told of new rules finds them in force.
        this.writing = this.writing.then(() => this.rereadPolicy());
        return;
      case 'message':
      case 'deleted':
        return;
    }
  }

  /** The event tells the rules; who moderates is only in the broker. */
  private async rereadPolicy(): Promise<void> {
    try {
      const { state } = await this.dependencies.broker.read(this.id);
      this.policyNow = parsePolicy(state?.policy) ?? this.policyNow;
    } catch (error) {
      this.complain(error);
    }
  }

  private banish(): void {
    this.everyMember((member) => {
      if (member.userId !== undefined && this.sanctions.get(member.userId) === 'ban') member.close('banned');
    });
  }

  private missedSince(from: Position): string[] | undefined {
    if (from.epoch !== this.position.epoch || from.offset > this.told) return undefined;
    return this.log.between(from.epoch, from.offset, this.told);
  }

  private history(): Buffer {
    const position = { epoch: this.position.epoch, offset: this.told };
    const made = this.historyFrame;
    if (made && made.position.epoch === position.epoch && made.position.offset === position.offset) return made.frame;
    const events = this.log.newest(historyOnJoin, position).join(',');
    const frame = encodeTextFrame(
      `{"type":"history","epoch":"${position.epoch}","offset":${position.offset},"events":[${events}]}`,
    );
    this.historyFrame = { position, frame };
    return frame;
  }

  private scheduleFlush(): void {
    if (this.flushTimer) return;
    const { now, batchWindow = batchWindowMs } = this.dependencies;
    const load = { members: this.members.size, eventsPerSecond: this.rate.perSecond(now()) };
    const waitMs = Math.max(0, this.flushedAtMs + batchWindow(load) - now());
    this.flushTimer = setTimeout(() => {
      // Behind a broadcast that is still being written, more events gather into the next.
      void this.writing.then(() => this.flush());
    }, waitMs);
  }

  private flush(): void {
    clearTimeout(this.flushTimer);
    this.flushTimer = undefined;
    const events = this.pending;
    if (events.length === 0) return;
    this.pending = [];
    this.told = this.position.offset;
    this.flushedAtMs = this.dependencies.now();
    for (const batch of splitByLength(events, longestBatch)) {
      this.write(batchFrame(this.position.epoch, batch), batch.length);
    }
  }

  /** Broadcasts one after the other, each to those who are members now. */
  private write(frame: Buffer, events: number): void {
    const recipients = [...this.members];
    this.writing = this.writing.then(() => fanOut(recipients, frame));
    this.dependencies.onFanOut(recipients.length, recipients.length * events);
  }

  private complain(error: unknown): void {
    this.dependencies.log.warn({ err: error, room: this.id }, 'the room is behind its broker');
  }
}

/** Characters of JSON in one frame: a client that reads at all gets through a frame of this size. */
const longestBatch = 64 * 1_024;

function splitByLength(events: readonly string[], longest: number): string[][] {
  const batches: string[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const event of events) {
    if (length + event.length > longest) {
      batches.push([]);
      length = 0;
    }
    batches.at(-1)?.push(event);
    length += event.length;
  }
  return batches;
}

function batchFrame(epoch: string, events: readonly string[]): Buffer {
  return encodeTextFrame(`{"type":"batch","epoch":"${epoch}","events":[${events.join(',')}]}`);
}
