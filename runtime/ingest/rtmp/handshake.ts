import { ProtocolError } from './protocol-error';

const version = 3;
const tlsClientHello = 0x16;
const packetBytes = 1_536;

/** S0 and S1, and S2, which echoes C1 (RTMP 1.0 § 5.2). A zero version in S1 asks for no Flash digest. */
export function answerHandshake(c1: Buffer, random: (bytes: number) => Buffer): Buffer {
  const s1 = Buffer.concat([Buffer.alloc(8), random(packetBytes - 8)]);
  return Buffer.concat([Buffer.of(version), s1, c1]);
}

/** Checks C0, the first byte of a connection. */
export function checkVersion(c0: number): void {
  if (c0 === tlsClientHello) throw new ProtocolError('TLS on the plain RTMP port; use the rtmps address');
  if (c0 !== version) throw new ProtocolError('the first byte is not RTMP version 3');
}

/** C1 and C2 have this length. */
export const handshakePacketBytes = packetBytes;
