import { type AddressInfo, connect, createServer } from 'node:net';
import { poll } from '../../../runtime/local/poll';
import { startEncoder } from './encoder';
import { aacHeader, audioFrame, avcHeader, interFrame, keyFrame } from './media';
import { handshake, mediaMessage, publishCommands } from './rtmp-client';

export const handshakeBytes = 1 + 2 * 1_536;

/** A whole session in our own words: handshake, commands, headers, two seconds of media. */
export function composedSession(key: string): Buffer {
  const frames = Array.from({ length: 50 }, (_, index) => [
    mediaMessage('video', index * 40, index % 25 === 0 ? keyFrame() : interFrame()),
    mediaMessage('audio', index * 40, audioFrame()),
  ]);
  return Buffer.concat([
    handshake(),
    publishCommands(key),
    mediaMessage('video', 0, avcHeader),
    mediaMessage('audio', 0, aacHeader),
    ...frames.flat(),
  ]);
}

/** What a real ffmpeg sends to this gate in its first seconds, byte for byte. */
export async function recordSession(rtmpPort: number, key: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const tap = createServer((encoder) => {
    const gate = connect(rtmpPort, '127.0.0.1');
    encoder.on('data', (bytes) => pieces.push(bytes));
    encoder.pipe(gate).pipe(encoder);
    encoder.on('error', () => gate.destroy());
    gate.on('error', () => encoder.destroy());
  });
  await new Promise<void>((resolve) => tap.listen(0, '127.0.0.1', resolve));
  const encoder = await startEncoder(`rtmp://127.0.0.1:${(tap.address() as AddressInfo).port}/live/${key}`);
  const enough = async () => expect(Buffer.concat(pieces).length).toBeGreaterThan(40_000);
  await poll(enough, { what: 'a recording', deadlineMs: 10_000 });
  await encoder.stop();
  await new Promise<void>((resolve) => tap.close(() => resolve()));
  return Buffer.concat(pieces);
}
