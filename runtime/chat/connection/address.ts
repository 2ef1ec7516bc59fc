import type { IncomingMessage } from 'node:http';

/** The client's address behind exactly `hops` proxies: each appends the address it was called from. */
export function clientAddress(request: Pick<IncomingMessage, 'headers' | 'socket'>, hops: number): string {
  const direct = request.socket.remoteAddress ?? '';
  if (hops === 0) return direct;
  const forwarded = String(request.headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '');
  const chain = [...forwarded, direct];
  return chain.at(-(hops + 1)) ?? chain[0] ?? direct;
}
