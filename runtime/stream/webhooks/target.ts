import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

const privateRanges = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  privateRanges.addSubnet(network, bits, 'ipv4');
}
for (const [network, bits] of [
  ['::', 128],
  ['::1', 128],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  privateRanges.addSubnet(network, bits, 'ipv6');
}

/** Whether an address is on the public internet; an IPv4 address inside IPv6 is judged as itself. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  return !privateRanges.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

export interface Target {
  readonly url: URL;
  /** The address to connect to, so that a name cannot be resolved once for the check and otherwise for the call. */
  readonly address: string;
  readonly family: 4 | 6;
}

/** Where a webhook goes. Throws when that is not https to the public internet, unless `privateTargets`. */
export async function resolveTarget(text: string, privateTargets: boolean): Promise<Target> {
  const url = new URL(text);
  if (url.protocol !== 'https:' && !privateTargets) throw new Error('a webhook needs https');
  const { address, family } = await lookup(url.hostname.replace(/^\[|\]$/g, ''));
  if (!privateTargets && !isPublicAddress(address)) throw new Error(`${url.hostname} is not a public address`);
  return { url, address, family: family === 6 ? 6 : 4 };
}
