import type { MediaKind } from '../../shared/flv';
import { type AmfObject, type AmfValue, amfObject, decodeAmf, encodeAmf } from './amf0';
import { ChunkReader } from './chunk-reader';
import { encodeMessage, outgoingChunkSize } from './chunk-writer';
import { answerHandshake, checkVersion, handshakePacketBytes } from './handshake';
import { type Message, messageType } from './messages';
import { ProtocolError } from './protocol-error';

/** The application in `rtmp://host/live/<key>`. */
export const application = 'live';

export type PublisherEvent =
  | { readonly type: 'send'; readonly bytes: Buffer }
  /** The publisher named its stream. Nothing after it is read until {@link PublisherProtocol.accept}. */
  | { readonly type: 'publish'; readonly streamKey: string }
  | { readonly type: 'media'; readonly kind: MediaKind; readonly timestamp: number; readonly payload: Buffer }
  /** The publisher said goodbye. */
  | { readonly type: 'unpublish' }
  /** It was told why not, and the connection is to be closed. */
  | { readonly type: 'rejected'; readonly description: string };

/** Why a publisher is turned away: the status code for programs, the sentence for people. */
export interface Refusal {
  readonly code: 'NetStream.Publish.BadName' | 'NetStream.Publish.Denied' | 'NetStream.Publish.Idle';
  readonly description: string;
}

type Phase = 'version' | 'hello' | 'echo' | 'commands' | 'deciding' | 'publishing' | 'over';

/** A publisher needs five commands; encoders add a few of their own. */
const mostCommands = 32;
/** The encoder's first media may ride behind its publish command; they wait unread. */
const mostBytesBeforePublish = 128 * 1024;
const mostStreams = 4;
const commandLimits = { message: 16 * 1024, unfinished: 64 * 1024, chunkStreams: 16 };
/** A 4K key frame at the highest bit rates that encoders offer is below 4 MB. */
const mediaLimits = { message: 8 * 1024 * 1024, unfinished: 16 * 1024 * 1024, chunkStreams: 32 };
const amfLimits = { depth: 6, values: 512 };
const mostMetadataBytes = 64 * 1024;
/**
 * Both windows, in bytes. Encoders ask for an acknowledgement as often as this says; one that leaves with one unread
 * resets its connection, and its goodbye may be lost. Adobe's own server announces 2.5 MB.
 */
const window = 50_000_000;
const smallestWindow = 4_096;
const dynamicLimit = 2;
const pingRequest = 6;
const pingResponse = 7;

/**
 * The server's side of a publisher's connection: bytes in, events out. It knows no socket, clock or key store, so that
 * it can be tested with any bytes at all. Throws {@link ProtocolError} when the connection must be closed.
 */
export class PublisherProtocol {
  private phase: Phase = 'version';
  private handshake: Buffer = Buffer.alloc(0);
  private readonly chunks = new ChunkReader(commandLimits);
  private commands = 0;
  private streams = 0;
  private publishedStreamId = 0;
  private bytesReceived = 0;
  private bytesAcknowledged = 0;
  private acknowledgeEvery = window;
  private events: PublisherEvent[] = [];

  constructor(private readonly random: (bytes: number) => Buffer) {}

  receive(bytes: Buffer): readonly PublisherEvent[] {
    if (this.phase === 'over') return [];
    this.bytesReceived += bytes.length;
    this.boundBytes();
    const chunks = this.shakeHands(bytes);
    if (chunks) this.chunks.push(chunks);
    this.readMessages();
    this.acknowledge();
    return this.takeEvents();
  }

  /** Lets the publisher begin, and reads on. */
  accept(): readonly PublisherEvent[] {
    this.phase = 'publishing';
    this.chunks.raiseLimits(mediaLimits);
    this.sendStatus('status', 'NetStream.Publish.Start', 'The broadcast may begin.');
    this.readMessages();
    return this.takeEvents();
  }

  /** Says why not. The caller closes the connection after sending it. */
  refuse({ code, description }: Refusal): readonly PublisherEvent[] {
    this.phase = 'over';
    this.sendStatus('error', code, description);
    return this.takeEvents();
  }

  private takeEvents(): readonly PublisherEvent[] {
    const events = this.events;
    this.events = [];
    return events;
  }

  private boundBytes(): void {
    if (this.phase !== 'publishing' && this.bytesReceived > mostBytesBeforePublish) {
      throw new ProtocolError('too many bytes before a stream was published');
    }
  }

  /** Consumes what belongs to the handshake and returns what comes after it. */
  private shakeHands(bytes: Buffer): Buffer | undefined {
    if (this.phase !== 'version' && this.phase !== 'hello' && this.phase !== 'echo') return bytes;
    this.handshake = Buffer.concat([this.handshake, bytes]);
    if (this.phase === 'version') {
      const c0 = this.handshake[0];
      if (c0 === undefined) return undefined;
      checkVersion(c0);
      this.handshake = this.handshake.subarray(1);
      this.phase = 'hello';
    }
    if (this.phase === 'hello') {
      const c1 = this.takeHandshakePacket();
      if (!c1) return undefined;
      this.events.push({ type: 'send', bytes: answerHandshake(c1, this.random) });
      this.phase = 'echo';
    }
    if (!this.takeHandshakePacket()) return undefined;
    this.phase = 'commands';
    return this.handshake;
  }

  private takeHandshakePacket(): Buffer | undefined {
    if (this.handshake.length < handshakePacketBytes) return undefined;
    const packet = this.handshake.subarray(0, handshakePacketBytes);
    this.handshake = this.handshake.subarray(handshakePacketBytes);
    return packet;
  }

  private readMessages(): void {
    while (this.phase === 'commands' || this.phase === 'publishing') {
      const message = this.chunks.next();
      if (!message) return;
      this.handle(message);
    }
  }

  private handle(message: Message): void {
    switch (message.type) {
      case messageType.audio:
        this.media('audio', message);
        break;
      case messageType.video:
        this.media('video', message);
        break;
      case messageType.data:
        this.data(message, message.payload);
        break;
      case messageType.dataAmf3:
        this.data(message, withoutAmf3Prefix(message.payload));
        break;
      case messageType.command:
        this.command(message.streamId, message.payload);
        break;
      case messageType.commandAmf3:
        this.command(message.streamId, withoutAmf3Prefix(message.payload));
        break;
      case messageType.windowAcknowledgementSize:
        this.setWindow(message.payload);
        break;
      case messageType.userControl:
        this.userControl(message.payload);
        break;
      case messageType.acknowledgement:
      case messageType.setPeerBandwidth:
        break;
      default:
        throw new ProtocolError(`a message of type ${message.type} is not supported`);
    }
  }

  private media(kind: MediaKind, { timestamp, payload }: Message): void {
    if (this.phase !== 'publishing') throw new ProtocolError('media before a stream was published');
    if (payload.length > 0) this.events.push({ type: 'media', kind, timestamp, payload });
  }

  /** Of data messages only the metadata matter; its `@setDataFrame` is an instruction to the server, not data. */
  private data({ timestamp }: Message, payload: Buffer): void {
    if (this.phase !== 'publishing') throw new ProtocolError('media before a stream was published');
    if (payload.length > mostMetadataBytes) return;
    const values = decodeAmf(payload, amfLimits);
    const metadata = values[0] === '@setDataFrame' ? values.slice(1) : values;
    if (metadata[0] !== 'onMetaData') return;
    this.events.push({ type: 'media', kind: 'metadata', timestamp, payload: encodeAmf(metadata) });
  }

  private command(streamId: number, payload: Buffer): void {
    const [name, transaction, object, argument] = decodeAmf(payload, amfLimits);
    if (this.phase === 'publishing') {
      if (name === 'FCUnpublish' || name === 'deleteStream' || name === 'closeStream') this.unpublish();
      return;
    }
    this.commands += 1;
    if (this.commands > mostCommands) throw new ProtocolError('too many commands');
    const transactionId = typeof transaction === 'number' ? transaction : 0;
    switch (name) {
      case 'connect':
        this.connect(transactionId, object);
        break;
      case 'releaseStream':
      case 'FCPublish':
        this.sendResult(transactionId, null);
        break;
      case 'createStream':
        this.createStream(transactionId);
        break;
      case 'publish':
        this.publish(streamId, argument);
        break;
      case 'play':
        throw new ProtocolError('play: this server only takes broadcasts');
    }
  }

  private connect(transactionId: number, object: AmfValue): void {
    const properties: AmfObject = object instanceof Map ? object : new Map();
    const app = properties.get('app');
    if (typeof app !== 'string' || app.replace(/[/?].*$/, '') !== application) {
      this.rejectConnect(transactionId, `The server address must end in /${application}.`);
      return;
    }
    const size = Buffer.alloc(4);
    size.writeUInt32BE(window);
    this.send(messageType.windowAcknowledgementSize, 0, size);
    this.send(messageType.setPeerBandwidth, 0, Buffer.concat([size, Buffer.of(dynamicLimit)]));
    const chunkSize = Buffer.alloc(4);
    chunkSize.writeUInt32BE(outgoingChunkSize);
    // Announced in chunks of the old size, which it fits.
    this.send(messageType.setChunkSize, 0, chunkSize);
    this.sendResult(
      transactionId,
      amfObject({ fmsVer: 'FMS/3,0,1,123', capabilities: 31 }),
      amfObject({
        level: 'status',
        code: 'NetConnection.Connect.Success',
        description: 'Connected.',
        objectEncoding: 0,
      }),
    );
  }

  private createStream(transactionId: number): void {
    this.streams += 1;
    if (this.streams > mostStreams) throw new ProtocolError('too many streams');
    this.sendResult(transactionId, null, this.streams);
  }

  private publish(streamId: number, name: AmfValue): void {
    if (this.streams === 0) throw new ProtocolError('publish without a stream');
    this.publishedStreamId = streamId;
    this.phase = 'deciding';
    // Encoders may add a query to the stream's name; it is not part of the key.
    const streamKey = typeof name === 'string' ? name.replace(/\?.*$/s, '') : '';
    this.events.push({ type: 'publish', streamKey });
  }

  private unpublish(): void {
    this.phase = 'over';
    this.events.push({ type: 'unpublish' });
  }

  private setWindow(payload: Buffer): void {
    if (payload.length < 4) throw new ProtocolError('Window Acknowledgement Size is too short');
    this.acknowledgeEvery = Math.max(smallestWindow, payload.readUInt32BE(0));
  }

  private userControl(payload: Buffer): void {
    if (payload.length < 6 || payload.readUInt16BE(0) !== pingRequest) return;
    this.send(messageType.userControl, 0, Buffer.concat([Buffer.of(0, pingResponse), payload.subarray(2, 6)]));
  }

  private acknowledge(): void {
    if (this.bytesReceived - this.bytesAcknowledged < this.acknowledgeEvery) return;
    this.bytesAcknowledged = this.bytesReceived;
    const sequence = Buffer.alloc(4);
    sequence.writeUInt32BE(this.bytesReceived % 2 ** 32);
    this.send(messageType.acknowledgement, 0, sequence);
  }

  private sendResult(transactionId: number, ...values: AmfValue[]): void {
    this.send(messageType.command, 0, encodeAmf(['_result', transactionId, ...values]));
  }

  private rejectConnect(transactionId: number, description: string): void {
    this.phase = 'over';
    const information = amfObject({ level: 'error', code: 'NetConnection.Connect.Rejected', description });
    this.send(messageType.command, 0, encodeAmf(['_error', transactionId, null, information]));
    this.events.push({ type: 'rejected', description });
  }

  private sendStatus(level: 'status' | 'error', code: string, description: string): void {
    const information = amfObject({ level, code, description });
    this.send(messageType.command, this.publishedStreamId, encodeAmf(['onStatus', 0, null, information]));
  }

  private send(type: number, streamId: number, payload: Buffer): void {
    const bytes = encodeMessage({ type, streamId, timestamp: 0, payload }, outgoingChunkSize);
    this.events.push({ type: 'send', bytes });
  }
}

/** AMF3 messages of publishers begin with a zero byte and go on in AMF0. */
function withoutAmf3Prefix(payload: Buffer): Buffer {
  return payload[0] === 0 ? payload.subarray(1) : payload;
}
