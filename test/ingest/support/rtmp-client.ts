import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type AmfValue, amfObject, decodeAmf, encodeAmf } from '../../../runtime/ingest/rtmp/amf0';
import { ChunkReader } from '../../../runtime/ingest/rtmp/chunk-reader';
import { encodeMessage } from '../../../runtime/ingest/rtmp/chunk-writer';
import { messageType } from '../../../runtime/ingest/rtmp/messages';
import { poll } from '../../../runtime/local/poll';

export interface Status {
  readonly level: string;
  readonly code: string;
  readonly description: string;
}

const chunkSize = 60_000;

/**
 * A publisher whose every byte the test chooses: what a real encoder would never send. Real encoders prove that the
 * gate speaks RTMP; this one proves what it does with media.
 */
export class RtmpClient {
  readonly statuses: Status[] = [];
  closed = false;
  private readonly reader = new ChunkReader({ message: 1 << 20, unfinished: 1 << 20, chunkStreams: 64 });
  private handshakeLeft = 1 + 2 * 1_536;

  private constructor(readonly socket: Socket) {
    socket.on('data', (bytes) => this.receive(bytes));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
    });
  }

  static async connect(port: number, prefix: Buffer = Buffer.alloc(0)): Promise<RtmpClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const client = new RtmpClient(socket);
    socket.write(Buffer.concat([prefix, handshake()]));
    return client;
  }

  /** Connects and asks to publish; resolves with the gate's answer. */
  static async publish(port: number, key: string, prefix?: Buffer): Promise<RtmpClient> {
    const client = await RtmpClient.connect(port, prefix);
    client.socket.write(publishCommands(key));
    await poll(
      async () => {
        if (client.statuses.length === 0 && !client.closed) throw new Error('no answer yet');
      },
      { what: 'an answer to publish', deadlineMs: 10_000, intervalMs: 5 },
    );
    return client;
  }

  get status(): Status | undefined {
    return this.statuses.at(-1);
  }

  send(kind: 'audio' | 'video' | 'data', timestamp: number, payload: Buffer): void {
    this.socket.write(mediaMessage(kind, timestamp, payload));
  }

  async untilClosed(deadlineMs = 5_000): Promise<void> {
    const isClosed = async () => {
      if (!this.closed) throw new Error('it is open');
    };
    await poll(isClosed, { what: 'the connection’s end', deadlineMs, intervalMs: 5 });
  }

  close(): void {
    this.socket.destroy();
  }

  private receive(bytes: Buffer): void {
    const skipped = Math.min(this.handshakeLeft, bytes.length);
    this.handshakeLeft -= skipped;
    this.reader.push(bytes.subarray(skipped));
    for (let message = this.reader.next(); message; message = this.reader.next()) {
      if (message.type !== messageType.command) continue;
      const [name, , , information] = decodeAmf(message.payload, { depth: 8, values: 100 });
      if ((name === 'onStatus' || name === '_error') && information instanceof Map) {
        this.statuses.push(Object.fromEntries(information) as unknown as Status);
      }
    }
  }
}

export const handshake = () => Buffer.concat([Buffer.of(3), Buffer.alloc(2 * 1_536)]);

/** Everything that a publisher says from the handshake to the publish command. */
export function publishCommands(key: string, app = 'live'): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(chunkSize);
  return Buffer.concat([
    encodeMessage({ type: messageType.setChunkSize, streamId: 0, timestamp: 0, payload: size }, 128),
    command(0, 'connect', 1, amfObject({ app, type: 'nonprivate', tcUrl: `rtmp://localhost/${app}` })),
    command(0, 'releaseStream', 2, null, key),
    command(0, 'FCPublish', 3, null, key),
    command(0, 'createStream', 4, null),
    command(1, 'publish', 5, null, key, 'live'),
  ]);
}

export const command = (streamId: number, ...values: AmfValue[]) =>
  encodeMessage({ type: messageType.command, streamId, timestamp: 0, payload: encodeAmf(values) }, chunkSize);

/** With an extended timestamp where the field is too short, which the gate's own writer never needs. */
export function mediaMessage(kind: 'audio' | 'video' | 'data', timestamp: number, payload: Buffer): Buffer {
  const message = encodeMessage({ type: messageType[kind], streamId: 1, timestamp: 0, payload }, chunkSize);
  if (timestamp < 0xff_ff_ff) {
    message.writeUIntBE(timestamp, 1, 3);
    return message;
  }
  if (payload.length > chunkSize) throw new Error('extended timestamps of the test client fit in one chunk only');
  message.writeUIntBE(0xff_ff_ff, 1, 3);
  const extended = Buffer.alloc(4);
  extended.writeUInt32BE(timestamp);
  return Buffer.concat([message.subarray(0, 12), extended, message.subarray(12)]);
}
