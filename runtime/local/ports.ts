import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Ports for private servers: below those that the kernel hands to outgoing connections (Linux from 32768), which could
 * take one between our look and the server's start; above those that a laptop run uses.
 */
const privatePorts = { from: 28_000, to: 32_767 } as const;

/**
 * Tests that run side by side have a share each, and no port is given twice: between a look and a server's start nobody
 * else of ours takes it.
 */
const shares = 8;
const shareWidth = Math.floor((privatePorts.to - privatePorts.from + 1) / shares);
const share = Number(process.env.JEST_WORKER_ID ?? 0) % shares;
const given = new Set<number>();

/** A TCP port on loopback that nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  for (;;) {
    if (given.size === shareWidth) given.clear();
    const port = privatePorts.from + share * shareWidth + randomInt(shareWidth);
    if (given.has(port)) continue;
    given.add(port);
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
