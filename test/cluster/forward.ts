import { connect, createServer, type Server } from 'node:net';

/** Hands every connection at one address to a server on loopback. */
export function forward(from: { readonly host: string; readonly port: number }, toPort: number): Promise<Server> {
  const server = createServer((client) => {
    const upstream = connect(toPort, '127.0.0.1');
    client.pipe(upstream).pipe(client);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => other.destroy());
    }
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(from.port, from.host, () => resolve(server.unref()));
  });
}
