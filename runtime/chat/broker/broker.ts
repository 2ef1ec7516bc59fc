import type { Position } from '../protocol';

/**
 * Where rooms live: the order of events, the newest of them, who may not write, and the way from a publisher to every
 * subscriber. Any pod may serve any room, because nothing about a room's order is decided in a pod.
 */
export interface Broker {
  /** What a subscriber that stands at `from` is missing; without a position, all that is kept. */
  read(room: string, from?: Position): Promise<RoomReading>;
  publish(room: string, message: Publication): Promise<Outcome>;
  moderate(room: string, act: Moderation): Promise<Outcome>;
  /** Fills a room that the broker does not know from what is durable; the first one wins. */
  seed(room: string, seed: RoomSeed): Promise<void>;
  /** Hears every event of the room from now on; delivery is at most once, `read` finds what was missed. */
  subscribe(room: string, listener: (entry: Entry) => void): Promise<Unsubscribe>;
  /** Reports this pod's sockets in a room; returns the sum over all pods. */
  countPresence(room: string, pod: string, sockets: number): Promise<number>;
  /** Sockets in a room over all pods, without reporting any. */
  readPresence(room: string): Promise<number>;
  /** Whether this caller is the one to ask the stream service for the room's policy in this interval. */
  claimPolicyCheck(room: string, intervalMs: number): Promise<boolean>;
  /** Oldest events that are not archived yet; none while another claimant has them. */
  claimOutbox(room: string, claimant: string): Promise<readonly Entry[]>;
  /** The claimed entries are archived. Returns how many remain. */
  settleOutbox(room: string, claimant: string, archived: readonly Entry[]): Promise<number>;
}

export type Unsubscribe = () => Promise<void>;

/** One event as it is stored, published and archived; `json` is what clients get. */
export interface Entry extends Position {
  readonly json: string;
}

/** Unix milliseconds at which a sanction ends, or a ban. */
export type SanctionEnd = number | 'ban';

export interface RoomReading extends Position {
  /** Oldest first. After a position of the room's epoch these are the events behind it, as far as they are kept. */
  readonly entries: readonly Entry[];
  /** Absent when the position did not move. */
  readonly state?: RoomStateReading | undefined;
}

export interface RoomStateReading {
  /** False: the broker does not know the room; seed it. */
  readonly seeded: boolean;
  /** JSON, as it was seeded or last changed. */
  readonly policy: string | undefined;
  readonly sanctions: ReadonlyMap<string, SanctionEnd>;
}

export interface RoomSeed {
  readonly policy: string;
  readonly sanctions: ReadonlyMap<string, SanctionEnd>;
}

export interface Publication {
  readonly author: string;
  /** Names the command: the same receipt gets the same answer, and one event. */
  readonly receipt: string;
  /** JSON object without `offset` and `at`, which the broker assigns. */
  readonly event: string;
  readonly slowModeMs: number;
}

export interface Moderation {
  readonly receipt: string;
  readonly event: string;
  readonly effect?:
    | { readonly type: 'sanction'; readonly userId: string; readonly end: SanctionEnd }
    | { readonly type: 'pardon'; readonly userId: string }
    | { readonly type: 'policy'; readonly policy: string }
    | undefined;
}

export type Outcome =
  | ({ readonly kind: 'done' } & Position)
  | { readonly kind: 'refused'; readonly code: 'banned' | 'timed-out' | 'slow-mode'; readonly waitMs: number }
  | { readonly kind: 'unseeded' }
  /** Written, but no replica confirmed it: repeat with the same receipt. */
  | { readonly kind: 'unconfirmed' };

/** Entries kept per room while the archive is away; older ones are given up. */
export const outboxLength = 10_000;
/** A room that nobody touches is forgotten after a day. */
export const roomTtlSeconds = 86_400;
/** How long a command can be repeated. */
export const receiptSeconds = 300;
/** A pod's socket count holds this long. */
export const presenceTtlMs = 15_000;
export const claimMs = 10_000;
export const outboxBatch = 500;
