import { createServer, type Server, type Socket } from 'node:net';
import { addressSubject, type RateLimiter } from '../../shared/rate-limit';
import { ProtocolError } from './protocol-error';
import { parseProxyHeader } from './proxy-header';
import {
  type ConnectionDeadlines,
  deadlines,
  PublisherConnection,
  type PublisherConnectionParts,
} from './publisher-connection';

export interface RtmpServerOptions extends PublisherConnectionParts {
  readonly proxyProtocol: boolean;
  readonly rateLimiter: RateLimiter;
  readonly deadlines?: ConnectionDeadlines;
}

/** Open at once, per address and in all. A studio behind one address has a few encoders, never hundreds. */
const mostPerAddress = 64;
const mostConnections = 4_096;
/** Opened per address; reconnecting encoders try every few seconds. */
const connectionLimit = { burst: 120, perMinute: 240, subject: 'ip' } as const;

/** The RTMP port: counts connections per address, learns whose they are, and hands them on. */
export class RtmpServer {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly perSubject = new Map<string, number>();

  constructor(private readonly options: RtmpServerOptions) {
    this.server = createServer({ pauseOnConnect: true, keepAlive: true, keepAliveInitialDelay: 10_000 }, (socket) => {
      void this.welcome(socket);
    });
    this.server.maxConnections = mostConnections;
  }

  listen(port: number, host: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ port, host, backlog: 1_024 }, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
  }

  /** Takes no more connections; those that are open go on. */
  stopAccepting(): void {
    this.server.close();
  }

  /** Cuts what is still open. */
  destroy(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private async welcome(socket: Socket): Promise<void> {
    const { metrics, proxyProtocol, rateLimiter } = this.options;
    this.sockets.add(socket);
    metrics.connections.inc();
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      this.sockets.delete(socket);
      metrics.connections.dec();
    });
    const address = proxyProtocol ? await proxiedAddress(socket, this.limits) : socket.remoteAddress;
    if (address === undefined || socket.destroyed) {
      socket.destroy();
      return;
    }
    const subject = addressSubject(address);
    const verdict = await rateLimiter.take('ingest:connections', connectionLimit, subject);
    if (socket.destroyed) return;
    if (!verdict.allowed || !this.enter(subject, socket)) {
      metrics.limited.inc();
      socket.destroy();
      return;
    }
    new PublisherConnection(socket, address, this.options, this.limits);
    socket.resume();
  }

  private get limits(): ConnectionDeadlines {
    return this.options.deadlines ?? deadlines;
  }

  private enter(subject: string, socket: Socket): boolean {
    const present = this.perSubject.get(subject) ?? 0;
    if (present >= mostPerAddress) return false;
    this.perSubject.set(subject, present + 1);
    socket.once('close', () => {
      const left = (this.perSubject.get(subject) ?? 1) - 1;
      if (left === 0) this.perSubject.delete(subject);
      else this.perSubject.set(subject, left);
    });
    return true;
  }
}

/** Reads the PROXY header off the socket and leaves the rest. Undefined when there is none worth serving. */
function proxiedAddress(socket: Socket, { commandsMs }: ConnectionDeadlines): Promise<string | undefined> {
  return new Promise((resolve) => {
    let bytes: Buffer = Buffer.alloc(0);
    const timer = setTimeout(() => finish(undefined), commandsMs);
    const finish = (address: string | undefined) => {
      clearTimeout(timer);
      socket.off('readable', read);
      socket.off('close', closed);
      resolve(address);
    };
    const closed = () => finish(undefined);
    const read = () => {
      for (let piece: Buffer | null = socket.read(); piece; piece = socket.read()) {
        bytes = Buffer.concat([bytes, piece]);
      }
      try {
        const header = parseProxyHeader(bytes);
        if (!header) return;
        if (header.length < bytes.length) socket.unshift(bytes.subarray(header.length));
        finish(header.address);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        finish(undefined);
      }
    };
    socket.on('readable', read);
    socket.once('close', closed);
  });
}
