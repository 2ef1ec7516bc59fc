import { ProtocolError } from './protocol-error';

/** PROXY protocol version 2 (HAProxy, 2020, § 2.2), as AWS load balancers send it. */
const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const fixedBytes = 16;
/** Addresses and the load balancer's own extensions; § 2.2 asks receivers to take at least 536. */
const mostBytes = 2_048;
const local = 0x20;
const proxied = 0x21;
const tcp4 = 0x11;
const tcp6 = 0x21;

export interface ProxyHeader {
  /** Bytes that the header takes. */
  readonly length: number;
  /** The client's; undefined for the load balancer's own health checks. */
  readonly address: string | undefined;
}

/** Reads the header at the start of a connection; undefined until it is whole. Throws {@link ProtocolError}. */
export function parseProxyHeader(bytes: Buffer): ProxyHeader | undefined {
  const start = bytes.subarray(0, signature.length);
  if (!start.equals(signature.subarray(0, start.length))) throw new ProtocolError('the PROXY header is missing');
  if (bytes.length < fixedBytes) return undefined;
  const command = bytes[12];
  const family = bytes[13];
  const length = fixedBytes + bytes.readUInt16BE(14);
  if (length > mostBytes) throw new ProtocolError('the PROXY header is too long');
  if (bytes.length < length) return undefined;
  if (command === local) return { length, address: undefined };
  if (command !== proxied) throw new ProtocolError('the PROXY header has another version');
  return { length, address: sourceAddress(family, bytes.subarray(fixedBytes, length)) };
}

function sourceAddress(family: number | undefined, addresses: Buffer): string {
  if (family === tcp4 && addresses.length >= 12) return [...addresses.subarray(0, 4)].join('.');
  if (family === tcp6 && addresses.length >= 36) {
    const groups = Array.from({ length: 8 }, (_, index) => addresses.readUInt16BE(index * 2).toString(16));
    return groups.join(':');
  }
  throw new ProtocolError('the PROXY header names no TCP address');
}
