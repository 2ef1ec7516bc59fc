import { type DialectName, messageBytes, room } from '../plan';

/** One message as it arrived. */
export interface Delivery {
  readonly sentAtMs: number;
  /** Where the server numbers its messages, to find gaps. */
  readonly offset: number | undefined;
}

export interface Reading {
  readonly deliveries: readonly Delivery[];
  /** What to answer: pongs of the protocol, the next step of its handshake. */
  readonly reply?: string;
  /** The handshake is over. */
  readonly joined?: true;
  /** The position from which offsets count on. */
  readonly joinedAt?: number;
}

/** How one server's protocol is spoken. */
export interface Dialect {
  readonly path: string;
  /** Sent as soon as the socket is open. */
  hello(connection: number): string | undefined;
  read(payload: string): Reading;
  publish(sequence: number, sentAtMs: number): string;
}

const nothing: Reading = { deliveries: [] };

/** `{"sentAt":…,"text":"xxx"}` of exactly the agreed size. */
function message(sentAtMs: number): string {
  const head = `{"sentAt":${sentAtMs.toFixed(1)},"text":"`;
  return `${head}${'x'.repeat(messageBytes - head.length - 2)}"}`;
}

interface Sent {
  readonly sentAt: number;
}

const delivered = ({ sentAt }: Sent, offset?: number): Delivery => ({ sentAtMs: sentAt, offset });

const plain: Dialect = {
  path: '/',
  hello: () => undefined,
  publish: (_, sentAtMs) => message(sentAtMs),
  read(payload) {
    const parsed = JSON.parse(payload) as Sent | Sent[];
    return { deliveries: (Array.isArray(parsed) ? parsed : [parsed]).map((sent) => delivered(sent)) };
  },
};

/** Engine.IO 4 and Socket.IO 5 packets: `0` open, `2` ping, `40` connect, `42` event. */
const socketIo: Dialect = {
  path: '/socket.io/?EIO=4&transport=websocket',
  hello: () => undefined,
  publish: (_, sentAtMs) => `42["publish",${message(sentAtMs)}]`,
  read(payload) {
    if (payload.startsWith('42')) {
      const [, sent] = JSON.parse(payload.slice(2)) as [string, Sent];
      return { deliveries: [delivered(sent)] };
    }
    if (payload.startsWith('40')) return { deliveries: [], joined: true };
    if (payload.startsWith('0')) return { deliveries: [], reply: '40' };
    if (payload === '2') return { deliveries: [], reply: '3' };
    return nothing;
  },
};

interface CentrifugeReply {
  readonly connect?: { readonly subs?: Readonly<Record<string, { readonly offset?: number }>> };
  readonly push?: { readonly pub?: { readonly data: Sent; readonly offset: number } };
}

/** One JSON per line; an empty object is a ping and its answer. */
const centrifuge: Dialect = {
  path: '/connection/websocket',
  hello: () => '{"id":1,"connect":{}}',
  publish: (sequence, sentAtMs) => `{"id":${sequence + 2},"publish":{"channel":"${room}","data":${message(sentAtMs)}}}`,
  read(payload) {
    if (payload === '{}') return { deliveries: [], reply: '{}' };
    const deliveries: Delivery[] = [];
    let joinedAt: number | undefined;
    for (const line of payload.split('\n')) {
      if (line === '' || line === '{}') continue;
      const { push, connect } = JSON.parse(line) as CentrifugeReply;
      if (push?.pub) deliveries.push(delivered(push.pub.data, push.pub.offset));
      if (connect) joinedAt = connect.subs?.[room]?.offset ?? 0;
    }
    return joinedAt === undefined ? { deliveries } : { deliveries, joined: true, joinedAt };
  },
};

interface HeadendFrame {
  readonly type: string;
  readonly offset?: number;
  readonly events?: readonly { readonly type: string; readonly offset: number; readonly text: string }[];
}

const headend: Dialect = {
  path: `/api/chat/ws?streamId=${room}`,
  hello: (connection) => JSON.stringify({ type: 'hello', protocol: 1, token: `us_${connection}` }),
  publish(sequence, sentAtMs) {
    const sent = sentAtMs.toFixed(1);
    // The event around it: offset, time, type, user.
    const around =
      '{"offset":1234,"at":1790000000000,"type":"message","user":{"id":"us_12","handle":"12","role":"viewer"},"text":""}';
    const text = `${sent} ${'x'.repeat(messageBytes - around.length - sent.length - 1)}`;
    return JSON.stringify({ type: 'publish', key: `k${sequence}`, text });
  },
  read(payload) {
    const frame = JSON.parse(payload) as HeadendFrame;
    if (frame.type === 'history') return { deliveries: [], joined: true, joinedAt: frame.offset ?? 0 };
    if (frame.type === 'refused') throw new Error(`the server refused: ${payload}`);
    if (frame.type !== 'batch') return nothing;
    return {
      deliveries: (frame.events ?? []).map(({ text, offset }) => ({ sentAtMs: Number(text.split(' ', 1)[0]), offset })),
    };
  },
};

export const dialects: Readonly<Record<DialectName, Dialect>> = {
  plain,
  'socket-io': socketIo,
  centrifuge,
  headend,
};
