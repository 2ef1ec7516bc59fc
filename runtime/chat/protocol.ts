/**
 * The chat protocol, version 1: JSON text frames over one WebSocket per room. docs/reference/chat-protocol.md explains
 * it; this file is what both ends are typed by. It imports nothing, because browsers load it.
 */

export const protocolVersion = 1;

/** Events sent to someone who joins without a position, and the most that are sent to someone who recovers. */
export const historyOnJoin = 50;
export const mostRecovered = 300;

/** Unicode code points. */
export const longestText = 500;
/** Bytes of one client frame. */
export const longestFrameBytes = 4_096;
/** Seconds a new socket has to send `hello`. */
export const helloSeconds = 10;
/** The server says something at least this often; a client that hears nothing for twice as long reconnects. */
export const heartbeatSeconds = 25;

export const chatRoles = ['viewer', 'moderator', 'owner'] as const;
export type ChatRole = (typeof chatRoles)[number];

export interface ChatUser {
  readonly id: string;
  readonly handle: string;
  readonly role: ChatRole;
}

/** Where a client stands in a room. Offsets are dense within an epoch; positions of different epochs do not compare. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

/** An emote in a text: code points `[start, end)`. Clients draw it; the text itself is never HTML. */
export interface EmoteUse {
  readonly id: string;
  readonly start: number;
  readonly end: number;
}

/** The channel's chat rules, as the stream service keeps them. */
export interface RoomSettings {
  /** Seconds between two messages of one viewer; 0 is off. Moderators are exempt. */
  readonly slowModeSeconds: number;
  readonly followersOnly: boolean;
  readonly emoteOnly: boolean;
  readonly linksAllowed: boolean;
  readonly blockedWords: readonly string[];
}

interface Sequenced {
  readonly offset: number;
  /** Unix milliseconds by the clock that assigned the offset. */
  readonly at: number;
  /** Only where it differs from the epoch of the frame: the event is from before a failover. */
  readonly epoch?: string | undefined;
}

/** What happens in a room, in order. */
export type RoomEvent =
  | MessageEvent
  | (Sequenced & { readonly type: 'deleted'; readonly messageId: string; readonly by: string })
  | (Sequenced & {
      readonly type: 'sanctioned';
      readonly userId: string;
      readonly handle: string;
      /** Unix milliseconds; null is a ban. Earlier messages of this user are to be hidden. */
      readonly until: number | null;
      readonly by: string;
    })
  | (Sequenced & { readonly type: 'pardoned'; readonly userId: string; readonly by: string })
  /** The channel's rules or moderators changed, in the stream service. */
  | (Sequenced & { readonly type: 'settings'; readonly settings: RoomSettings });

export type MessageEvent = Sequenced & {
  readonly type: 'message';
  readonly user: ChatUser;
  /** Empty once the message is deleted. */
  readonly text: string;
  readonly emotes?: readonly EmoteUse[] | undefined;
  /** A tombstone; only in history and recovery. */
  readonly deleted?: true | undefined;
};

/** Names a message for good: offsets repeat between epochs, ids do not. */
export function messageId(epoch: string, offset: number): string {
  return `${epoch}.${offset}`;
}

/** Frames a client sends. `key` is chosen by the client, unique per command: repeating a command repeats its answer. */
export type ClientFrame = HelloFrame | Command;

export interface HelloFrame {
  readonly type: 'hello';
  readonly protocol: number;
  /** A user's access token, where the socket was opened without a ticket. */
  readonly token?: string | undefined;
  /** The last event that was seen. */
  readonly recover?: Position | undefined;
}

export type Command =
  | { readonly type: 'publish'; readonly key: string; readonly text: string }
  | { readonly type: 'delete'; readonly key: string; readonly messageId: string }
  /** `seconds` absent is a ban. */
  | {
      readonly type: 'sanction';
      readonly key: string;
      readonly userId: string;
      readonly handle: string;
      readonly seconds?: number | undefined;
      readonly reason?: string | undefined;
    }
  | { readonly type: 'pardon'; readonly key: string; readonly userId: string };

/** Frames a server sends. */
export type ServerFrame =
  | WelcomeFrame
  /** Where the room stands. Every earlier position is void: after `welcome` without recovery, and at a new epoch. */
  | ({ readonly type: 'history'; readonly events: readonly RoomEvent[] } & Position)
  /** The next events, without a gap after the ones before. */
  | { readonly type: 'batch'; readonly epoch: string; readonly events: readonly RoomEvent[] }
  | ({ readonly type: 'ack'; readonly key: string } & Position)
  | {
      readonly type: 'refused';
      readonly key: string;
      readonly code: RefusalCode;
      readonly detail: string;
      /** Whether the same command with the same key may succeed later. */
      readonly retryable: boolean;
      readonly retryAfterSeconds?: number | undefined;
    }
  /** Sockets in the room, over all shards. Rooms never see lines about who joins or leaves. */
  | { readonly type: 'presence'; readonly connected: number }
  /** Sent before a close that should be followed by a new connection, spread out by the delay. */
  | { readonly type: 'reconnect'; readonly afterMs: number; readonly url?: string | undefined };

export interface WelcomeFrame {
  readonly type: 'welcome';
  readonly protocol: number;
  /** True: the next `batch` starts right after the given position. False: a `history` frame follows. */
  readonly recovered: boolean;
  /** Null may read only. */
  readonly you: ChatUser | null;
  readonly settings: RoomSettings;
  readonly connected: number;
}

/** Why a command was not carried out. */
export const refusals = {
  'sign-in-required': { retryable: false, detail: 'Sign in to write' },
  'not-allowed': { retryable: false, detail: 'Only moderators may do this' },
  banned: { retryable: false, detail: 'You are banned from this chat' },
  'timed-out': { retryable: true, detail: 'You are timed out' },
  'too-fast': { retryable: true, detail: 'You are writing too fast' },
  'slow-mode': { retryable: true, detail: 'Slow mode is on' },
  'room-busy': { retryable: true, detail: 'The room is too busy; try again' },
  'followers-only': { retryable: false, detail: 'Only followers may write' },
  'emotes-only': { retryable: false, detail: 'Only emotes may be sent' },
  'links-off': { retryable: false, detail: 'Links are not allowed' },
  'blocked-word': { retryable: false, detail: 'The message contains a word that is not allowed here' },
  'empty-text': { retryable: false, detail: 'The message is empty' },
  'text-too-long': { retryable: false, detail: `A message has at most ${longestText} characters` },
  'no-such-message': { retryable: false, detail: 'There is no such message' },
  'room-closed': { retryable: false, detail: 'The stream has ended' },
  /** The room's store is away or did not confirm. Nothing was promised; repeat with the same key. */
  unavailable: { retryable: true, detail: 'The chat cannot take messages right now' },
} as const satisfies Record<string, { readonly retryable: boolean; readonly detail: string }>;
export type RefusalCode = keyof typeof refusals;

interface CloseCode {
  readonly code: number;
  /** Whether a client should connect again (4000–4499) or give up (4500–4999). */
  readonly reconnect: boolean;
  readonly meaning: string;
}

/** Every close code of ours. 1000–1015 are WebSocket's own; of those clients reconnect. */
export const closeCodes = {
  draining: { code: 4000, reconnect: true, meaning: 'the server is going away' },
  slow: { code: 4001, reconnect: true, meaning: 'the client reads too slowly' },
  stale: { code: 4002, reconnect: true, meaning: 'no hello in time' },
  'no-pong': { code: 4003, reconnect: true, meaning: 'the client stopped answering pings' },
  'ticket-invalid': { code: 4004, reconnect: true, meaning: 'the ticket is unknown, used or expired; take a new one' },
  'token-expired': { code: 4005, reconnect: true, meaning: 'the access token has ended; take a new one' },
  moved: { code: 4006, reconnect: true, meaning: 'another shard serves this room' },
  unavailable: { code: 4007, reconnect: true, meaning: 'the room cannot be opened right now' },
  malformed: { code: 4500, reconnect: false, meaning: 'a frame that is not of this protocol' },
  'protocol-unsupported': { code: 4501, reconnect: false, meaning: 'the protocol version is not supported' },
  unauthenticated: { code: 4502, reconnect: false, meaning: 'the access token is not valid' },
  banned: { code: 4503, reconnect: false, meaning: 'banned from this chat' },
  abusive: { code: 4504, reconnect: false, meaning: 'too many refused or excess frames' },
  'no-such-room': { code: 4505, reconnect: false, meaning: 'there is no such stream' },
} as const satisfies Record<string, CloseCode>;
export type CloseReason = keyof typeof closeCodes;
