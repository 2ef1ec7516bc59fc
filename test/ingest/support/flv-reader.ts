/** FLV as a packager would read it: an independent, plain parser, so that the gate's writer is not tested by itself. */
export interface FlvTag {
  readonly type: 'audio' | 'video' | 'script';
  readonly timestampMs: number;
  readonly body: Buffer;
}

export interface FlvFile {
  readonly flags: number;
  readonly tags: readonly FlvTag[];
}

const types = { 8: 'audio', 9: 'video', 18: 'script' } as const;

/** Throws for what no FLV reader would take; a last tag cut short is left out. */
export function parseFlv(bytes: Buffer): FlvFile {
  if (bytes.subarray(0, 3).toString() !== 'FLV') throw new Error('no FLV header');
  const tags: FlvTag[] = [];
  let offset = bytes.readUInt32BE(5) + 4;
  while (offset + 15 <= bytes.length) {
    const type = types[bytes[offset] as keyof typeof types];
    if (!type) throw new Error(`no tag at ${offset}`);
    const size = bytes.readUIntBE(offset + 1, 3);
    if (offset + 15 + size > bytes.length) break;
    const timestampMs = bytes.readUIntBE(offset + 4, 3) + (bytes[offset + 7] ?? 0) * 2 ** 24;
    tags.push({ type, timestampMs, body: bytes.subarray(offset + 11, offset + 11 + size) });
    if (bytes.readUInt32BE(offset + 11 + size) !== 11 + size)
      throw new Error(`a wrong size after the tag at ${offset}`);
    offset += 15 + size;
  }
  return { flags: bytes[4] ?? 0, tags };
}

export const isKeyFrame = ({ type, body }: FlvTag) => type === 'video' && body[0] === 0x17 && body[1] === 1;
export const isSequenceHeader = ({ type, body }: FlvTag) => type !== 'script' && body[1] === 0 && body[0] !== 0x2f;
export const isFrame = ({ type, body }: FlvTag) => type !== 'script' && body[1] === 1;
