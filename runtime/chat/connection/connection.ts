import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { withinDeadline } from '../../shared/deadline';
import {
  type ClientFrame,
  type CloseReason,
  type Command,
  closeCodes,
  type HelloFrame,
  helloSeconds,
  type Position,
  protocolVersion,
  refusals,
  type ServerFrame,
} from '../protocol';
import { type Author, Refusal } from '../room/commands';
import type { Member, Room } from '../room/room';
import { encodeTextFrame } from '../room/text-frame';
import { clientFrame } from '../schema';
import { TokenBucket } from './token-bucket';

export interface ConnectionDependencies {
  /** Who a new socket is and which room it may enter; throws {@link Rejected}. */
  readonly admit: (hello: HelloFrame) => Promise<Admission>;
  readonly execute: (room: Room, author: Author, command: Command) => Promise<Position>;
  readonly now: () => number;
  /** Told once, whatever ends the socket. */
  readonly onEnd: (connection: Connection, reason: CloseReason | 'client') => void;
}

export interface Admission {
  readonly room: Room;
  /** Null may only read. */
  readonly author: Author | null;
  readonly role: 'viewer' | 'moderator' | 'owner';
}

/** A socket that is turned away. */
export class Rejected extends Error {
  override readonly name = 'Rejected';
  constructor(
    readonly reason: CloseReason,
    /** Where to go instead, with `moved`. */
    readonly url?: string,
  ) {
    super(closeCodes[reason].meaning);
  }
}

/** Bytes that wait for a client to read before it is told to come back when it can keep up. */
const mostBufferedBytes = 256 * 1_024;
/** After a close frame, how long the peer has to answer it. */
const closeGraceMs = 2_000;
const frameBurst = 20;
const framesPerSecond = 5;
/** Refused commands that one socket may collect, and how many it is forgiven per second. */
const strikeBurst = 30;
const strikesPerSecond = 0.2;
const mostQueuedCommands = 16;
const commandDeadlineMs = 5_000;
const admissionDeadlineMs = 5_000;

/** One socket from its first frame to its end. */
export class Connection implements Member {
  userId: string | undefined;
  /** Answered the last ping. */
  isAlive = true;
  readonly openedAtMs: number;
  private room: Room | undefined;
  private author: Author | null = null;
  private state: 'new' | 'joining' | 'joined' | 'ended' = 'new';
  private readonly bucket: TokenBucket;
  private readonly strikes: TokenBucket;
  private queued = 0;
  private tail: Promise<void> = Promise.resolve();
  private readonly helloTimer: NodeJS.Timeout;

  /** @param socket the stream below `webSocket`, written to directly with frames that are made once for many */
  constructor(
    private readonly webSocket: WebSocket,
    private readonly socket: Duplex,
    private readonly dependencies: ConnectionDependencies,
  ) {
    this.openedAtMs = dependencies.now();
    this.bucket = new TokenBucket(frameBurst, framesPerSecond, this.openedAtMs);
    this.strikes = new TokenBucket(strikeBurst, strikesPerSecond, this.openedAtMs);
    this.helloTimer = setTimeout(() => this.close('stale'), helloSeconds * 1_000);
    webSocket.on('message', (data, isBinary) => this.receive(data, isBinary));
    webSocket.on('pong', () => {
      this.isAlive = true;
    });
    // What the peer did wrong at the WebSocket level is answered by ws itself; the close follows.
    webSocket.on('error', () => undefined);
    webSocket.on('close', () => this.end('client'));
  }

  write(frame: Buffer): void {
    if (this.state === 'ended') return;
    if (this.socket.writableLength > mostBufferedBytes) this.close('slow');
    else this.socket.write(frame);
  }

  send(frame: ServerFrame): void {
    this.write(encodeTextFrame(JSON.stringify(frame)));
  }

  close(reason: CloseReason): void {
    if (this.state === 'ended') return;
    this.end(reason);
    this.webSocket.close(closeCodes[reason].code, reason);
    setTimeout(() => this.webSocket.terminate(), closeGraceMs).unref();
  }

  /** Pings, or ends a socket that did not answer the last ping. */
  ping(): void {
    if (this.state === 'ended') return;
    if (!this.isAlive) {
      this.close('no-pong');
      return;
    }
    this.isAlive = false;
    this.webSocket.ping();
  }

  private end(reason: CloseReason | 'client'): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    clearTimeout(this.helloTimer);
    this.room?.leave(this);
    this.dependencies.onEnd(this, reason);
  }

  private receive(data: RawData, isBinary: boolean): void {
    if (this.state === 'ended') return;
    const frame = isBinary ? undefined : parseFrame(String(data));
    if (!frame) {
      this.close('malformed');
      return;
    }
    if (frame.type === 'hello') {
      if (this.state === 'new') void this.join(frame);
      else this.close('malformed');
      return;
    }
    if (this.state !== 'joined') {
      this.close('malformed');
      return;
    }
    this.accept(frame);
  }

  private async join(hello: HelloFrame): Promise<void> {
    this.state = 'joining';
    clearTimeout(this.helloTimer);
    if (hello.protocol !== protocolVersion) {
      this.close('protocol-unsupported');
      return;
    }
    try {
      const { room, author, role } = await withinDeadline(
        this.dependencies.admit(hello),
        admissionDeadlineMs,
        () => new Rejected('unavailable'),
      );
      if (this.hasEnded()) return;
      this.author = author;
      this.userId = author?.userId;
      this.room = room;
      const you = author && { id: author.userId, handle: author.handle, role };
      await room.join(this, hello.recover, (recovered) =>
        encodeTextFrame(
          JSON.stringify({
            type: 'welcome',
            protocol: protocolVersion,
            recovered,
            you,
            settings: room.policy.settings,
            connected: room.connected,
          } satisfies ServerFrame),
        ),
      );
      if (this.hasEnded()) room.leave(this);
      else this.state = 'joined';
    } catch (error) {
      const rejected = error instanceof Rejected ? error : new Rejected('unavailable');
      if (rejected.url !== undefined) this.send({ type: 'reconnect', afterMs: 0, url: rejected.url });
      this.close(rejected.reason);
    }
  }

  /** Commands of one socket are carried out in their order. */
  private accept(command: Command): void {
    if (!this.bucket.take(this.dependencies.now()) || this.queued >= mostQueuedCommands) {
      this.strike(command, new Refusal('too-fast', 1));
      return;
    }
    this.queued += 1;
    this.tail = this.tail
      .then(() => this.carryOut(command))
      .finally(() => {
        this.queued -= 1;
      });
  }

  private async carryOut(command: Command): Promise<void> {
    if (!this.room || this.state === 'ended') return;
    try {
      if (!this.author) throw new Refusal('sign-in-required');
      // It may still succeed later; its key makes the repetition harmless.
      const position = await withinDeadline(
        this.dependencies.execute(this.room, this.author, command),
        commandDeadlineMs,
        () => new Refusal('unavailable', 1),
      );
      this.send({ type: 'ack', key: command.key, ...position });
    } catch (error) {
      this.strike(command, error instanceof Refusal ? error : new Refusal('unavailable', 1));
    }
  }

  private strike(command: Command, { code, retryAfterSeconds }: Refusal): void {
    const { retryable, detail } = refusals[code];
    this.send({ type: 'refused', key: command.key, code, detail, retryable, retryAfterSeconds });
    // Our own faults are nobody's strikes.
    if (code === 'unavailable') return;
    if (!this.strikes.take(this.dependencies.now())) this.close('abusive');
  }

  private hasEnded(): boolean {
    return this.state === 'ended';
  }
}

function parseFrame(text: string): ClientFrame | undefined {
  try {
    return clientFrame.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
