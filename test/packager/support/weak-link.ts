import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

export type LinkState = 'open' | 'refusing' | 'silent';

/** A TCP link to a server that the test can cut (`refusing`) or leave without an answer (`silent`). */
export interface WeakLink {
  readonly url: string;
  set(state: LinkState): void;
  stop(): Promise<void>;
}

export async function startWeakLink(target: { readonly host: string; readonly port: number }): Promise<WeakLink> {
  let state: LinkState = 'open';
  const sockets = new Set<Socket>();
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    track(client);
    if (state === 'refusing') {
      client.resetAndDestroy();
      return;
    }
    if (state === 'silent') return;
    const upstream = connect(target.port, target.host);
    track(upstream);
    client.pipe(upstream).pipe(client);
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set(next) {
      state = next;
      // What is open goes the same way: cut, or left to hang.
      for (const socket of sockets) {
        if (next === 'refusing') socket.resetAndDestroy();
        else if (next === 'silent') socket.unpipe();
      }
      if (next === 'open') for (const socket of sockets) socket.destroy();
    },
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
