import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** A TCP relay in front of a real server, to take the server away without killing it. */
export class Relay {
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  private state: 'open' | 'refusing' | 'silent' = 'open';
  private delayMs = 0;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(target: { readonly host: string; readonly port: number }): Promise<Relay> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the relay has no port');
    const relay = new Relay(server, address.port);
    server.on('connection', (inbound) => relay.join(inbound, target));
    return relay;
  }

  private join(inbound: Socket, target: { readonly host: string; readonly port: number }): void {
    if (this.state === 'refusing') {
      inbound.resetAndDestroy();
      return;
    }
    const outbound = connect(target.port, target.host);
    const pair = [inbound, outbound] as const;
    this.pairs.add(pair);
    for (const [one, other] of [pair, [outbound, inbound] as const]) {
      let passedOn: Promise<void> = Promise.resolve();
      one.on('data', (chunk) => {
        if (this.state === 'silent') return;
        const due = Date.now() + (one === outbound ? this.delayMs : 0);
        passedOn = passedOn.then(() => pause(due - Date.now())).then(() => void other.write(chunk));
      });
      one.on('error', () => undefined);
      one.on('close', () => {
        other.destroy();
        this.pairs.delete(pair);
      });
    }
  }

  /** The server is gone: open connections break, new ones are refused. */
  cut(): void {
    this.state = 'refusing';
    for (const [inbound] of this.pairs) inbound.resetAndDestroy();
  }

  /** The server hangs: connections stay and nothing comes back. */
  silence(): void {
    this.state = 'silent';
  }

  /** Every answer comes this much later, in order. 0 ends it. */
  slow(delayMs: number): void {
    this.delayMs = delayMs;
  }

  /** The server is back. What was said while it hung is lost, so those connections end. */
  restore(): void {
    if (this.state === 'silent') for (const [inbound] of this.pairs) inbound.resetAndDestroy();
    this.state = 'open';
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
