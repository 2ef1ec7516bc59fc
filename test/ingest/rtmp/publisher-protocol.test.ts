import { randomBytes } from 'node:crypto';
import { amfObject, encodeAmf } from '../../../runtime/ingest/rtmp/amf0';
import { encodeMessage } from '../../../runtime/ingest/rtmp/chunk-writer';
import { messageType } from '../../../runtime/ingest/rtmp/messages';
import { ProtocolError } from '../../../runtime/ingest/rtmp/protocol-error';
import { type PublisherEvent, PublisherProtocol } from '../../../runtime/ingest/rtmp/publisher-protocol';
import { fragments, mutate, randomFrom } from '../support/mutate';
import { composedSession, handshakeBytes } from '../support/recorded-session';
import { command, handshake, mediaMessage, publishCommands } from '../support/rtmp-client';

const key = 'hk_abc_def';

/** Feeds bytes as the gate does: what the peer sends after `publish` waits for the decision. */
function run(pieces: readonly Buffer[], protocol = new PublisherProtocol(randomBytes)): PublisherEvent[] {
  const events: PublisherEvent[] = [];
  for (const piece of pieces) {
    const answer = protocol.receive(piece);
    events.push(...answer);
    if (answer.some(({ type }) => type === 'publish')) events.push(...protocol.accept());
  }
  return events;
}

const kinds = (events: readonly PublisherEvent[]) => events.map(({ type }) => type).filter((type) => type !== 'send');

describe('a publisher', () => {
  test('is understood however its bytes are cut', () => {
    const session = composedSession(key);
    const whole = run([session]);
    const bytewise = run(Array.from(session, (byte) => Buffer.of(byte)));
    expect(kinds(whole)).toEqual(['publish', ...Array<string>(102).fill('media')]);
    expect(kinds(bytewise)).toEqual(kinds(whole));
    expect(whole.find(({ type }) => type === 'publish')).toEqual({ type: 'publish', streamKey: key });
  });

  test('is not read past its publish command before it is accepted', () => {
    const protocol = new PublisherProtocol(randomBytes);
    const events = protocol.receive(composedSession(key));
    expect(kinds(events)).toEqual(['publish']);
    expect(protocol.receive(mediaMessage('video', 0, Buffer.from('1c00', 'hex')))).toEqual([]);
    expect(kinds(protocol.refuse({ code: 'NetStream.Publish.BadName', description: 'no' }))).toEqual([]);
    expect(protocol.receive(composedSession(key))).toEqual([]);
  });

  test('may add a query to its key, which is not part of it', () => {
    const events = run([handshake(), publishCommands(`${key}?bandwidthtest=true`)]);
    expect(events.find(({ type }) => type === 'publish')).toEqual({ type: 'publish', streamKey: key });
  });

  test('says goodbye by deleteStream', () => {
    const events = run([composedSession(key), command(0, 'deleteStream', 6, null, 1)]);
    expect(kinds(events).at(-1)).toBe('unpublish');
  });

  test('that names another application is told the right one', () => {
    const events = run([handshake(), publishCommands(key, 'vod')]);
    expect(events.at(-1)).toEqual({ type: 'rejected', description: 'The server address must end in /live.' });
  });

  test('is asked to want an acknowledgement every 50 MB only, so that it seldom leaves with one unread', () => {
    const sent = run([handshake(), publishCommands(key)]).flatMap((event) =>
      event.type === 'send' ? event.bytes : [],
    );
    const [, window, peerBandwidth] = sent.map((bytes) => bytes.toString('hex'));
    expect(window).toBe('02000000000004050000000002faf080');
    expect(peerBandwidth).toBe('02000000000005060000000002faf08002');
  });

  test('gets an acknowledgement per window, and its pings back', () => {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(10_000);
    const announce = encodeMessage(
      { type: messageType.windowAcknowledgementSize, streamId: 0, timestamp: 0, payload: size },
      60_000,
    );
    const ping = encodeMessage(
      { type: messageType.userControl, streamId: 0, timestamp: 0, payload: Buffer.from('0006000000ff', 'hex') },
      60_000,
    );
    const protocol = new PublisherProtocol(randomBytes);
    run([handshake(), publishCommands(key)], protocol);
    const [first] = protocol.receive(announce);
    expect(first).toBeUndefined();
    const sent = protocol.receive(Buffer.concat([ping, mediaMessage('audio', 0, Buffer.alloc(9_000, 1))]));
    const bytes = Buffer.concat(sent.flatMap((event) => (event.type === 'send' ? [event.bytes] : [])));
    expect(bytes.includes(Buffer.from('0007000000ff', 'hex'))).toBe(true);
    expect(bytes[12 + 6 + 7]).toBe(messageType.acknowledgement);
  });
});

describe('bounds before a key is accepted', () => {
  const afterHandshake = (bytes: Buffer) => () => run([handshake(), bytes]);
  const chunk = (hex: string) => Buffer.from(hex, 'hex');
  const connect = command(0, 'connect', 1, amfObject({ app: 'live' }));

  test.each<[string, () => unknown, string]>([
    ['another version', () => run([Buffer.of(6)]), 'the first byte is not RTMP version 3'],
    ['TLS', () => run([Buffer.from('160301', 'hex')]), 'TLS on the plain RTMP port'],
    ['a message of 16 MB', afterHandshake(chunk('03000000ffffff1400000000')), 'a message is too long'],
    [
      'a chunk size of 2 GB',
      afterHandshake(chunk('0200000000000401000000007fffffff')),
      'the chunk size is out of bounds',
    ],
    ['a chunk size of 0', afterHandshake(chunk('02000000000004010000000000000000')), 'the chunk size is out of bounds'],
    ['a chunk stream without a header', afterHandshake(chunk('c3')), 'a chunk stream begins without a full header'],
    [
      'media',
      afterHandshake(mediaMessage('video', 0, Buffer.from('1700', 'hex'))),
      'media before a stream was published',
    ],
    ['play', afterHandshake(command(1, 'play', 5, null, 'name')), 'this server only takes broadcasts'],
    ['publish without a stream', afterHandshake(command(1, 'publish', 5, null, 'name')), 'publish without a stream'],
    [
      'an aggregate message',
      afterHandshake(chunk('030000000000011600000000ff')),
      'a message of type 22 is not supported',
    ],
    [
      'fifty commands',
      afterHandshake(
        Buffer.concat([connect, ...Array.from({ length: 50 }, () => command(0, 'releaseStream', 2, null, 'x'))]),
      ),
      'too many commands',
    ],
    [
      'five streams',
      afterHandshake(Buffer.concat(Array.from({ length: 5 }, () => command(0, 'createStream', 4, null)))),
      'too many streams',
    ],
    [
      'chunk streams without end',
      afterHandshake(
        Buffer.concat(Array.from({ length: 40 }, (_, id) => Buffer.from([id + 4, 0, 0, 0, 0, 0, 1, 3, 0, 0, 0, 0, 0]))),
      ),
      'too many chunk streams',
    ],
    [
      'messages begun and never finished',
      afterHandshake(
        Buffer.concat(
          Array.from({ length: 6 }, (_, id) =>
            Buffer.concat([Buffer.from([id + 4, 0, 0, 0, 0, 0x3f, 0, 20, 0, 0, 0, 0]), Buffer.alloc(128)]),
          ),
        ),
      ),
      'too much is begun and not finished',
    ],
    [
      'objects in objects',
      afterHandshake(
        command(
          0,
          'connect',
          1,
          Array.from({ length: 9 }).reduce<ReturnType<typeof amfObject>>((inner) => amfObject({ a: inner }), new Map()),
        ),
      ),
      'an AMF message nests too deep',
    ],
    [
      'an array of a billion',
      afterHandshake(
        encodeMessage(
          {
            type: messageType.command,
            streamId: 0,
            timestamp: 0,
            payload: Buffer.concat([encodeAmf(['connect', 1]), chunk('0a3fffffff'), Buffer.alloc(2_000, 5)]),
          },
          128,
        ),
      ),
      'an AMF message has too many values',
    ],
    [
      'a lot of bytes',
      afterHandshake(
        Buffer.concat(
          Array.from({ length: 40 }, () =>
            encodeMessage(
              { type: messageType.acknowledgement, streamId: 0, timestamp: 0, payload: Buffer.alloc(4_000) },
              128,
            ),
          ),
        ),
      ),
      'too many bytes before a stream was published',
    ],
  ])('%s', (_name, act, sentence) => {
    expect(act).toThrow(ProtocolError);
    expect(act).toThrow(sentence);
  });
});

test('of 20,000 mutated sessions none does more than end its own connection', () => {
  const session = composedSession(key);
  let broken = 0;
  let published = 0;
  for (let seed = 0; seed < 20_000; seed += 1) {
    const random = randomFrom(seed);
    const pieces = fragments(mutate(session, handshakeBytes, random), random);
    try {
      const events = run(pieces);
      const names = kinds(events);
      if (names.includes('publish')) published += 1;
      const firstMedia = names.indexOf('media');
      if (firstMedia !== -1 && names.indexOf('publish') > firstMedia) throw new Error('media came before publish');
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw new Error(`seed ${seed}`, { cause: error });
      broken += 1;
    }
  }
  // The corpus reaches both sides: sessions that are cut, and sessions that get as far as publishing.
  expect(broken).toBeGreaterThan(5_000);
  expect(published).toBeGreaterThan(2_000);
}, 120_000);
