import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { addressSubject, limits, type RateLimiter } from '../../shared/rate-limit';
import { type CloseReason, type HelloFrame, heartbeatSeconds, longestFrameBytes } from '../protocol';
import { clientAddress } from './address';
import { type Admission, Connection, type ConnectionDependencies } from './connection';

export interface GatewayDependencies extends Omit<ConnectionDependencies, 'admit' | 'onEnd'> {
  readonly admit: (request: SocketRequest, hello: HelloFrame) => Promise<Admission>;
  readonly rateLimiter: RateLimiter;
  readonly allowedOrigins: readonly string[];
  readonly trustedProxyHops: number;
  /** Open sockets that one address may have at this pod. */
  readonly socketsPerAddress: number;
  readonly onOpen: () => void;
  readonly onEnd: (reason: CloseReason | 'client') => void;
}

/** What the address that was opened says. */
export interface SocketRequest {
  readonly streamId: string;
  readonly ticket: string | undefined;
  /** Ordinal of the shard that was addressed. */
  readonly ordinal: number | undefined;
  /** Sent here by another shard: not to be sent on. */
  readonly wasMoved: boolean;
}

/** Sockets live about an hour, so that a role or a session that has ended does not outlive it by more. */
const longestLifeMs = 3_600_000;
/** Sockets told to leave per turn while draining. */
const drainStepMs = 100;

/** Turns upgrade requests into connections, and looks after all that are open. */
export class Gateway {
  private readonly connections = new Set<Connection>();
  private readonly byAddress = new Map<string, number>();
  private readonly server = new WebSocketServer({
    noServer: true,
    maxPayload: longestFrameBytes,
    maxFragments: 16,
    maxBufferedChunks: 64,
    perMessageDeflate: false,
    clientTracking: false,
  });
  private readonly pinger = setInterval(() => void this.pingAll(), heartbeatSeconds * 1_000);
  private isDraining = false;

  constructor(private readonly dependencies: GatewayDependencies) {}

  get size(): number {
    return this.connections.size;
  }

  /** The listener for `upgrade`. */
  readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    this.open(request, socket, head).catch(() => socket.destroy());
  };

  /** Sends everyone away over `overMs`, each with a delay of its own, and waits until they are gone. */
  async drain(overMs: number): Promise<void> {
    this.isDraining = true;
    const leaving = [...this.connections];
    const steps = Math.max(1, Math.floor(overMs / drainStepMs));
    const perStep = Math.max(1, Math.ceil(leaving.length / steps));
    for (let index = 0; index < leaving.length; index += perStep) {
      for (const connection of leaving.slice(index, index + perStep)) {
        connection.send({ type: 'reconnect', afterMs: Math.floor(Math.random() * Math.min(overMs, 2_000)) });
        connection.close('draining');
      }
      await pause(drainStepMs);
    }
  }

  close(): void {
    clearInterval(this.pinger);
    for (const connection of this.connections) connection.close('draining');
    this.server.close();
  }

  private async open(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Until ws takes over, an error of the socket has nobody else.
    const ignore = () => undefined;
    socket.on('error', ignore);
    const parsed = parseRequest(request.url ?? '');
    if (!parsed) return refuse(socket, '404 Not Found');
    const { origin } = request.headers;
    if (origin !== undefined && !this.dependencies.allowedOrigins.includes(origin)) {
      return refuse(socket, '403 Forbidden');
    }
    if (this.isDraining) return refuse(socket, '503 Service Unavailable', 1);
    const subject = addressSubject(clientAddress(request, this.dependencies.trustedProxyHops));
    if ((this.byAddress.get(subject) ?? 0) >= this.dependencies.socketsPerAddress) {
      return refuse(socket, '429 Too Many Requests', 60);
    }
    const verdict = await this.dependencies.rateLimiter.take('chat:connect', limits.ticket, subject);
    if (!verdict.allowed) return refuse(socket, '429 Too Many Requests', verdict.retryAfterSeconds);
    socket.off('error', ignore);
    this.server.handleUpgrade(request, socket, head, (webSocket) => {
      this.count(subject, 1);
      this.dependencies.onOpen();
      const connection = new Connection(webSocket, socket, {
        execute: this.dependencies.execute,
        now: this.dependencies.now,
        admit: (hello) => this.dependencies.admit(parsed, hello),
        onEnd: (ended, reason) => {
          this.connections.delete(ended);
          this.count(subject, -1);
          this.dependencies.onEnd(reason);
        },
      });
      this.connections.add(connection);
    });
  }

  private count(subject: string, change: number): void {
    const sockets = (this.byAddress.get(subject) ?? 0) + change;
    if (sockets > 0) this.byAddress.set(subject, sockets);
    else this.byAddress.delete(subject);
  }

  private async pingAll(): Promise<void> {
    const tooOldMs = this.dependencies.now() - longestLifeMs;
    let pinged = 0;
    for (const connection of [...this.connections]) {
      if (connection.openedAtMs < tooOldMs) connection.close('token-expired');
      else connection.ping();
      pinged += 1;
      if (pinged % 256 === 0) await pause(1);
    }
  }
}

/** Only paths matter here; a URL needs an origin. */
const base = 'http://socket';
const socketPath = /^\/api\/chat\/(?:s\/(\d{1,3})\/)?ws$/;

function parseRequest(url: string): SocketRequest | undefined {
  if (!URL.canParse(url, base)) return undefined;
  const { pathname, searchParams } = new URL(url, base);
  const path = socketPath.exec(pathname);
  const streamId = searchParams.get('streamId');
  if (!path || streamId === null || !/^[\w-]{1,64}$/.test(streamId)) return undefined;
  return {
    streamId,
    ticket: searchParams.get('ticket') ?? undefined,
    ordinal: path[1] === undefined ? undefined : Number(path[1]),
    wasMoved: searchParams.has('moved'),
  };
}

function refuse(socket: Duplex, status: string, retryAfterSeconds?: number): void {
  const retryAfter = retryAfterSeconds === undefined ? '' : `Retry-After: ${Math.ceil(retryAfterSeconds)}\r\n`;
  socket.end(`HTTP/1.1 ${status}\r\n${retryAfter}Connection: close\r\nContent-Length: 0\r\n\r\n`);
}
