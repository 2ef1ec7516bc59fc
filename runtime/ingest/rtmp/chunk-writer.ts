import { type Message, messageType } from './messages';

/** Our side's chunk size; announced before it is used. */
export const outgoingChunkSize = 4_096;

/** Messages about the connection itself travel apart (RTMP 1.0 § 5.4, 6.2). */
const chunkStreams = { control: 2, others: 3 };
const longestTimestamp = 0xff_ff_fe;

/** Cuts a message into chunks with a full header (RTMP 1.0 § 5.3.1). Servers say little: nothing is compressed. */
export function encodeMessage({ type, streamId, timestamp, payload }: Message, chunkSize: number): Buffer {
  const chunkStreamId = type <= messageType.setPeerBandwidth ? chunkStreams.control : chunkStreams.others;
  const header = Buffer.alloc(12);
  header[0] = chunkStreamId;
  header.writeUIntBE(Math.min(timestamp, longestTimestamp), 1, 3);
  header.writeUIntBE(payload.length, 4, 3);
  header[7] = type;
  header.writeUInt32LE(streamId, 8);
  const parts: Buffer[] = [header, payload.subarray(0, chunkSize)];
  for (let offset = chunkSize; offset < payload.length; offset += chunkSize) {
    parts.push(Buffer.of(0xc0 | chunkStreamId), payload.subarray(offset, offset + chunkSize));
  }
  return Buffer.concat(parts);
}
