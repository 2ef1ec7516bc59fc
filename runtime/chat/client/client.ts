import {
  type Command,
  closeCodes,
  heartbeatSeconds,
  type Position,
  protocolVersion,
  type RefusalCode,
  type RoomEvent,
  type ServerFrame,
  type WelcomeFrame,
} from '../protocol';

/**
 * A chat client for browsers and Node, without dependencies. It keeps its position, comes back by itself after any
 * close that allows it, asks for exactly what it missed, and repeats commands whose answer was lost under the same key.
 */
export interface ChatClient {
  readonly state: ChatState;
  publish(text: string): Promise<Position>;
  delete(messageId: string): Promise<Position>;
  /** @param seconds absent is a ban */
  sanction(
    user: { readonly id: string; readonly handle: string },
    seconds?: number,
    reason?: string,
  ): Promise<Position>;
  pardon(userId: string): Promise<Position>;
  close(): void;
}

export type ChatState = 'connecting' | 'open' | 'waiting' | 'closed';

export interface ChatHandlers {
  readonly onState?: (state: ChatState, detail: string) => void;
  readonly onWelcome?: (welcome: WelcomeFrame) => void;
  /** What was shown before is void: start from these. */
  readonly onHistory?: (events: readonly RoomEvent[], epoch: string) => void;
  /** The next events, in order, none twice. */
  readonly onEvents?: (events: readonly RoomEvent[], epoch: string) => void;
  readonly onPresence?: (connected: number) => void;
}

export interface ChatClientOptions extends ChatHandlers {
  /** `https://host`, where the API answers; in browsers the page's own origin by default. */
  readonly baseUrl?: string;
  readonly streamId: string;
  /** The user's access token, fresh at each call; none reads only. */
  readonly accessToken?: () => Promise<string | undefined>;
  /** What lets the user into a private stream. */
  readonly access?: string;
  readonly webSocket?: WebSocketConstructor;
  /** Stands in for `fetch` and the ticket route, e.g. in load tests. */
  readonly openUrl?: () => Promise<string>;
}

/** The part of WebSocket that browsers and `ws` share. */
export type WebSocketConstructor = new (url: string) => WebSocketLike;
export interface WebSocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: string): void;
  close(code?: number): void;
}

export class ChatRefusal extends Error {
  override readonly name = 'ChatRefusal';
  constructor(
    readonly code: RefusalCode | 'closed',
    detail: string,
    readonly retryAfterSeconds: number | undefined,
  ) {
    super(detail);
  }
}

interface PendingCommand {
  readonly command: Command;
  attempts: number;
  readonly resolve: (position: Position) => void;
  readonly reject: (refusal: ChatRefusal) => void;
}

const firstBackOffMs = 500;
const longestBackOffMs = 30_000;
const silenceMs = heartbeatSeconds * 2 * 1_000;
/** A command whose store is away is tried again so often before its caller is told. */
const mostAttempts = 5;

export function connectChat(options: ChatClientOptions): ChatClient {
  return new Client(options);
}

class Client implements ChatClient {
  state: ChatState = 'connecting';
  private socket: WebSocketLike | undefined;
  private position: Position | undefined;
  private readonly pending = new Map<string, PendingCommand>();
  private failures = 0;
  private nextUrl: string | undefined;
  private nextDelayMs: number | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: ChatClientOptions) {
    void this.connect();
  }

  publish(text: string): Promise<Position> {
    return this.command({ type: 'publish', key: newKey(), text });
  }

  delete(messageId: string): Promise<Position> {
    return this.command({ type: 'delete', key: newKey(), messageId });
  }

  sanction(user: { readonly id: string; readonly handle: string }, seconds?: number, reason?: string) {
    return this.command({ type: 'sanction', key: newKey(), userId: user.id, handle: user.handle, seconds, reason });
  }

  pardon(userId: string): Promise<Position> {
    return this.command({ type: 'pardon', key: newKey(), userId });
  }

  close(): void {
    this.finish('closed by the caller');
    this.socket?.close(1000);
  }

  private command(command: Command): Promise<Position> {
    return new Promise((resolve, reject) => {
      if (this.state === 'closed') {
        reject(new ChatRefusal('closed', 'the chat is closed', undefined));
        return;
      }
      this.pending.set(command.key, { command, attempts: 1, resolve, reject });
      if (this.state === 'open') this.sendFrame(command);
    });
  }

  private async connect(): Promise<void> {
    this.become('connecting', '');
    try {
      const url = this.nextUrl ?? (await (this.options.openUrl ?? (() => this.takeTicket()))());
      this.nextUrl = undefined;
      if (this.isClosed()) return;
      this.open(new URL(url, this.webSocketBase()).href);
    } catch (error) {
      this.scheduleRetry(error instanceof Error ? error.message : String(error));
    }
  }

  private open(url: string): void {
    const Socket = this.options.webSocket ?? (globalThis.WebSocket as unknown as WebSocketConstructor);
    const socket = new Socket(url);
    this.socket = socket;
    socket.onopen = () => {
      this.sendFrame({ type: 'hello', protocol: protocolVersion, recover: this.position });
      this.listenForSilence();
    };
    socket.onmessage = (event: { readonly data: unknown }) => {
      if (this.socket !== socket) return;
      this.listenForSilence();
      this.receive(JSON.parse(String(event.data)) as ServerFrame);
    };
    socket.onerror = () => undefined;
    socket.onclose = (event: { readonly code: number; readonly reason: string }) => {
      if (this.socket === socket) this.disconnected(event.code, event.reason);
    };
  }

  private receive(frame: ServerFrame): void {
    switch (frame.type) {
      case 'welcome':
        this.failures = 0;
        this.become('open', '');
        this.options.onWelcome?.(frame);
        for (const { command } of this.pending.values()) this.sendFrame(command);
        return;
      case 'history':
        this.position = { epoch: frame.epoch, offset: frame.offset };
        this.options.onHistory?.(frame.events, frame.epoch);
        return;
      case 'batch':
        this.take(frame.epoch, frame.events);
        return;
      case 'ack':
        this.pending.get(frame.key)?.resolve({ epoch: frame.epoch, offset: frame.offset });
        this.pending.delete(frame.key);
        return;
      case 'refused':
        this.refused(frame);
        return;
      case 'presence':
        this.options.onPresence?.(frame.connected);
        return;
      case 'reconnect':
        this.nextDelayMs = frame.afterMs;
        this.nextUrl = frame.url;
        return;
    }
  }

  private take(epoch: string, events: readonly RoomEvent[]): void {
    const newest = events.at(-1);
    if (!newest) return;
    this.position = { epoch, offset: newest.offset };
    this.options.onEvents?.(events, epoch);
  }

  private refused(frame: Extract<ServerFrame, { type: 'refused' }>): void {
    const pending = this.pending.get(frame.key);
    if (!pending) return;
    if (frame.code === 'unavailable' && pending.attempts < mostAttempts) {
      pending.attempts += 1;
      const again = () => this.state === 'open' && this.pending.has(frame.key) && this.sendFrame(pending.command);
      setTimeout(again, (frame.retryAfterSeconds ?? 1) * 1_000);
      return;
    }
    this.pending.delete(frame.key);
    pending.reject(new ChatRefusal(frame.code, frame.detail, frame.retryAfterSeconds));
  }

  private disconnected(code: number, reason: string): void {
    clearTimeout(this.silence);
    this.socket = undefined;
    if (this.isClosed()) return;
    const known = Object.values(closeCodes).find((entry) => entry.code === code);
    if (known && !known.reconnect) this.finish(known.meaning);
    else this.scheduleRetry(known?.meaning ?? (reason || 'the connection was lost'));
  }

  /** Full jitter, so that many clients that lost one server do not come back at once. */
  private scheduleRetry(why: string): void {
    if (this.isClosed()) return;
    const backOffMs = Math.min(longestBackOffMs, firstBackOffMs * 2 ** this.failures) * Math.random();
    this.failures += 1;
    this.become('waiting', why);
    this.retry = setTimeout(() => void this.connect(), this.nextDelayMs ?? backOffMs);
    this.nextDelayMs = undefined;
  }

  private listenForSilence(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      const socket = this.socket;
      this.disconnected(1006, 'the server fell silent');
      socket?.close();
    }, silenceMs);
  }

  private async takeTicket(): Promise<string> {
    const token = await this.options.accessToken?.();
    const response = await fetch(new URL('/api/chat/tickets', this.httpBase()), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ streamId: this.options.streamId, access: this.options.access }),
    });
    if (!response.ok) throw new Error(`no ticket: ${response.status}`);
    return ((await response.json()) as { readonly url: string }).url;
  }

  private httpBase(): string {
    return (
      this.options.baseUrl ?? (globalThis as { readonly location?: { readonly origin: string } }).location?.origin ?? ''
    );
  }

  private webSocketBase(): string {
    return this.httpBase().replace(/^http/, 'ws');
  }

  private sendFrame(
    frame: Command | { readonly type: 'hello'; readonly protocol: number; recover?: Position | undefined },
  ) {
    this.socket?.send(JSON.stringify(frame));
  }

  private finish(why: string): void {
    clearTimeout(this.retry);
    clearTimeout(this.silence);
    this.become('closed', why);
    for (const { reject } of this.pending.values()) reject(new ChatRefusal('closed', why, undefined));
    this.pending.clear();
  }

  private become(state: ChatState, detail: string): void {
    if (this.isClosed()) return;
    this.state = state;
    this.options.onState?.(state, detail);
  }

  private isClosed(): boolean {
    return this.state === 'closed';
  }
}

/** `randomUUID` would need a secure context. */
function newKey(): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
