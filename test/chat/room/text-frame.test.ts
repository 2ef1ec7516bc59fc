import { Readable, type Writable } from 'node:stream';
import * as ws from 'ws';
import { encodeTextFrame } from '../../../runtime/chat/room/text-frame';

// Exported by ws, and not by its types.
const { Receiver } = ws as unknown as { Receiver: new (options: { isServer: boolean }) => Writable };

/** Reads frames with the parser that other ends of a WebSocket use. */
function decode(frame: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const receiver = new Receiver({ isServer: false });
    receiver.on('message', (data: Buffer) => resolve(String(data)));
    receiver.on('error', reject);
    Readable.from([frame]).pipe(receiver);
  });
}

describe('a text frame', () => {
  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])('of %i bytes is read by ws', async (length) => {
    const text = 'x'.repeat(length);
    expect(await decode(encodeTextFrame(text))).toBe(text);
  });

  it('counts bytes, not characters', async () => {
    const text = '💥é'.repeat(60);
    expect(await decode(encodeTextFrame(text))).toBe(text);
  });
});
