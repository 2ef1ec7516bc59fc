/**
 * FLV as the gate hands a broadcast to its packager: Adobe Flash Video File Format Specification 10.1, annex E. RTMP carries
 * the same tag bodies.
 */

/** What a tag, or an RTMP message, carries. */
export type MediaKind = 'audio' | 'video' | 'metadata';

export interface FlvTag {
  readonly type: MediaKind;
  /** Decoding time in milliseconds. */
  readonly timestampMs: number;
  /** The tag's data: codec header and payload. */
  readonly body: Buffer;
}

export class FlvError extends Error {
  override readonly name = 'FlvError';
}

const fileHeaderBytes = 9;
const tagHeaderBytes = 11;
const previousSizeBytes = 4;
const typeNumbers = { audio: 8, video: 9, metadata: 18 } as const satisfies Record<MediaKind, number>;
const typeNames = new Map<number, MediaKind>([
  [8, 'audio'],
  [9, 'video'],
  [18, 'metadata'],
]);

/** Splits a byte stream into tags, in the order sent. Tags of unknown type are skipped. Throws {@link FlvError}. */
export async function* readFlv(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<FlvTag> {
  let buffered: Buffer = Buffer.alloc(0);
  let headerRead = false;
  for await (const chunk of chunks) {
    buffered = buffered.length === 0 ? viewOf(chunk) : Buffer.concat([buffered, chunk]);
    if (!headerRead) {
      if (buffered.length < fileHeaderBytes + previousSizeBytes) continue;
      if (buffered.toString('latin1', 0, 3) !== 'FLV') throw new FlvError('the feed does not begin with an FLV header');
      buffered = buffered.subarray(fileHeaderBytes + previousSizeBytes);
      headerRead = true;
    }
    for (;;) {
      const size = tagSize(buffered);
      if (size === undefined || buffered.length < size) break;
      const type = typeNames.get((buffered[0] ?? 0) & 0x1f);
      // A view, too: nothing is written to what has come.
      if (type) yield { type, timestampMs: readTimestamp(buffered), body: tagBody(buffered, size) };
      buffered = buffered.subarray(size);
    }
  }
}

const viewOf = (chunk: Uint8Array) => Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);

function tagSize(buffered: Buffer): number | undefined {
  return buffered.length < tagHeaderBytes ? undefined : tagHeaderBytes + buffered.readUIntBE(1, 3) + previousSizeBytes;
}

/** 24 low bits, then the 8 high bits in a byte of their own. */
function readTimestamp(tag: Buffer): number {
  return tag.readUIntBE(4, 3) + tag.readUInt8(7) * 0x1000000;
}

function writeTimestamp(tag: Buffer, timestampMs: number): void {
  tag.writeUIntBE(timestampMs % 0x1000000, 4, 3);
  tag[7] = Math.floor(timestampMs / 0x1000000) & 0xff;
}

function tagBody(tag: Buffer, size: number): Buffer {
  return tag.subarray(tagHeaderBytes, size - previousSizeBytes);
}

/** Which kinds of media a broadcast has. */
export interface Tracks {
  readonly audio: boolean;
  readonly video: boolean;
}

/** File header and the size of the tag before the first. */
export function flvFileHeader(has: Tracks): Buffer {
  const flags = (has.audio ? 4 : 0) | (has.video ? 1 : 0);
  return Buffer.from([0x46, 0x4c, 0x56, 1, flags, 0, 0, 0, fileHeaderBytes, 0, 0, 0, 0]);
}

/** A whole tag with its trailing size. */
export function writeFlvTag({ type, timestampMs, body }: FlvTag): Buffer {
  const tag = Buffer.allocUnsafe(tagHeaderBytes + body.length + previousSizeBytes);
  tag[0] = typeNumbers[type];
  tag.writeUIntBE(body.length, 1, 3);
  writeTimestamp(tag, timestampMs);
  tag.writeUIntBE(0, 8, 3);
  body.copy(tag, tagHeaderBytes);
  tag.writeUInt32BE(tagHeaderBytes + body.length, tagHeaderBytes + body.length);
  return tag;
}

/** A copy of a whole tag with another decoding time. */
export function retimedFlvTag(tag: Buffer, timestampMs: number): Buffer {
  const copy = Buffer.from(tag);
  writeTimestamp(copy, timestampMs);
  return copy;
}
