import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Ports for private servers: below those that the kernel hands to outgoing connections (Linux from 32768), which could
 * take one between our look and the server's start; above those that a laptop run uses.
 */
const privatePorts = { from: 28_000, to: 32_767 } as const;

/** A TCP port on loopback that nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(privatePorts.from, privatePorts.to + 1);
    if (await isFree(port)) return port;
  }
}

/** Whether something can listen on this port now. */
export function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
