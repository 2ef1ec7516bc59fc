import { type Message, messageType } from './messages';
import { ProtocolError } from './protocol-error';

/** What a peer may make this process hold. */
export interface ChunkLimits {
  /** Bytes of one message. */
  readonly message: number;
  /** Bytes of all messages begun and not complete, over all chunk streams. */
  readonly unfinished: number;
  readonly chunkStreams: number;
}

const initialChunkSize = 128;
const largestChunkSize = 1024 * 1024;
const absent24 = 0xff_ff_ff;
const largestHeader = 3 + 11 + 4;

interface Header {
  readonly timestampField: number;
  /** Whether four bytes of timestamp follow each header of this chunk stream. */
  readonly extended: boolean;
  readonly length: number;
  readonly type: number;
  readonly streamId: number;
}

interface ChunkStream {
  header: Header;
  timestamp: number;
  /** The message being put together; undefined between messages. */
  payload: Buffer | undefined;
  filled: number;
}

interface OpenChunk {
  readonly stream: ChunkStream;
  bytesLeft: number;
}

/**
 * Puts messages together from RTMP chunks (RTMP 1.0 § 5.3): bytes in, messages out, no I/O. Set Chunk Size and Abort
 * are obeyed here. Throws {@link ProtocolError}; after that the reader is of no further use.
 */
export class ChunkReader {
  private chunkSize = initialChunkSize;
  private unfinished = 0;
  private readonly streams = new Map<number, ChunkStream>();
  private open: OpenChunk | undefined;
  private rest: Buffer = Buffer.alloc(0);

  constructor(private limits: ChunkLimits) {}

  /** Media messages are larger than commands: limits rise once a publisher is accepted. */
  raiseLimits(limits: ChunkLimits): void {
    this.limits = limits;
  }

  push(bytes: Buffer): void {
    this.rest = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
  }

  /** Takes back what is not read yet. */
  get unread(): number {
    return this.rest.length;
  }

  /** The next whole message, or undefined until more bytes come. */
  next(): Message | undefined {
    for (;;) {
      this.open ??= this.readHeader();
      if (!this.open) return undefined;
      const message = this.fill(this.open);
      if (message === 'more') return undefined;
      if (message === undefined) continue;
      if (message.type === messageType.setChunkSize) this.setChunkSize(message.payload);
      else if (message.type === messageType.abort) this.abort(message.payload);
      else return message;
    }
  }

  private readHeader(): OpenChunk | undefined {
    const cursor = new HeaderCursor(this.rest);
    const parsed = this.parseHeader(cursor);
    if (!parsed) {
      if (this.rest.length >= largestHeader) throw new ProtocolError('a chunk header does not end');
      return undefined;
    }
    const { id, header, timestamp } = parsed;
    const stream = this.begin(id, header, timestamp);
    this.rest = this.rest.subarray(cursor.offset);
    return { stream, bytesLeft: Math.min(this.chunkSize, stream.header.length - stream.filled) };
  }

  /** Undefined until the whole header is there. */
  private parseHeader(
    cursor: HeaderCursor,
  ): { readonly id: number; readonly header: Header; readonly timestamp: number } | undefined {
    const first = cursor.unsigned(1);
    if (first === undefined) return undefined;
    const format = first >> 6;
    const id = chunkStreamId(first & 0x3f, cursor);
    if (id === undefined) return undefined;
    const stream = this.streams.get(id);
    if (format === 3) return continued(id, stream, cursor);
    if (stream?.payload) throw new ProtocolError('a chunk stream begins a message inside another');
    if (format !== 0 && !stream) throw new ProtocolError('a chunk stream begins without a full header');

    const timestampField = cursor.unsigned(3);
    if (timestampField === undefined) return undefined;
    const length = format === 2 ? stream?.header.length : cursor.unsigned(3);
    const type = format === 2 ? stream?.header.type : cursor.unsigned(1);
    const streamId = format === 0 ? cursor.unsignedLittleEndian4() : stream?.header.streamId;
    const extended = timestampField === absent24;
    const field = extended ? cursor.unsigned(4) : timestampField;
    if (length === undefined || type === undefined || streamId === undefined || field === undefined) return undefined;
    const timestamp = format === 0 ? field : ((stream?.timestamp ?? 0) + field) >>> 0;
    return { id, header: { timestampField: field, extended, length, type, streamId }, timestamp };
  }

  private begin(id: number, header: Header, timestamp: number): ChunkStream {
    const stream = this.streams.get(id) ?? this.addStream(id, header);
    if (stream.payload) return stream;
    if (header.length > this.limits.message) throw new ProtocolError('a message is too long');
    this.unfinished += header.length;
    if (this.unfinished > this.limits.unfinished) throw new ProtocolError('too much is begun and not finished');
    stream.header = header;
    stream.timestamp = timestamp;
    stream.payload = Buffer.allocUnsafe(header.length);
    stream.filled = 0;
    return stream;
  }

  private addStream(id: number, header: Header): ChunkStream {
    if (this.streams.size >= this.limits.chunkStreams) throw new ProtocolError('too many chunk streams');
    const stream: ChunkStream = { header, timestamp: 0, payload: undefined, filled: 0 };
    this.streams.set(id, stream);
    return stream;
  }

  private fill(open: OpenChunk): Message | 'more' | undefined {
    const { stream } = open;
    const payload = stream.payload ?? Buffer.alloc(0);
    const taken = Math.min(open.bytesLeft, this.rest.length);
    this.rest.copy(payload, stream.filled, 0, taken);
    this.rest = this.rest.subarray(taken);
    stream.filled += taken;
    open.bytesLeft -= taken;
    if (open.bytesLeft > 0) return 'more';
    this.open = undefined;
    if (stream.filled < stream.header.length) return undefined;
    this.finish(stream);
    const { type, streamId } = stream.header;
    return { type, streamId, timestamp: stream.timestamp, payload };
  }

  private finish(stream: ChunkStream): void {
    this.unfinished -= stream.header.length;
    stream.payload = undefined;
    stream.filled = 0;
  }

  private setChunkSize(payload: Buffer): void {
    if (payload.length < 4) throw new ProtocolError('Set Chunk Size is too short');
    const size = payload.readUInt32BE(0);
    if (size < 1 || size > largestChunkSize) throw new ProtocolError('the chunk size is out of bounds');
    this.chunkSize = size;
  }

  private abort(payload: Buffer): void {
    if (payload.length < 4) throw new ProtocolError('Abort is too short');
    const stream = this.streams.get(payload.readUInt32BE(0));
    if (stream?.payload) this.finish(stream);
  }
}

/** § 5.3.1.1: ids 0 and 1 announce one and two more bytes. */
function chunkStreamId(short: number, cursor: HeaderCursor): number | undefined {
  if (short > 1) return short;
  const low = cursor.unsigned(1);
  const high = short === 1 ? cursor.unsigned(1) : 0;
  return low === undefined || high === undefined ? undefined : 64 + low + high * 256;
}

/** Type 3: no header of its own. It goes on with a message, or begins one like the last, its field the delta. */
function continued(id: number, stream: ChunkStream | undefined, cursor: HeaderCursor) {
  if (!stream) throw new ProtocolError('a chunk stream begins without a full header');
  const { header } = stream;
  if (header.extended && cursor.unsigned(4) === undefined) return undefined;
  const timestamp = stream.payload ? stream.timestamp : (stream.timestamp + header.timestampField) >>> 0;
  return { id, header, timestamp };
}

/** Reads big-endian numbers, or undefined past the end. */
class HeaderCursor {
  offset = 0;

  constructor(private readonly bytes: Buffer) {}

  unsigned(length: 1 | 3 | 4): number | undefined {
    if (this.offset + length > this.bytes.length) return undefined;
    const value = this.bytes.readUIntBE(this.offset, length);
    this.offset += length;
    return value;
  }

  /** The message stream id is the one little-endian number of RTMP. */
  unsignedLittleEndian4(): number | undefined {
    if (this.offset + 4 > this.bytes.length) return undefined;
    const value = this.bytes.readUInt32LE(this.offset);
    this.offset += 4;
    return value;
  }
}
