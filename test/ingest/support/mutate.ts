/** A repeatable stream of numbers in [0, 1): a failing case is named by its seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Mutation = (bytes: Buffer, random: () => number) => Buffer;

const below = (limit: number, random: () => number) => Math.floor(random() * limit);

/** Two places in order. */
function span(bytes: Buffer, random: () => number): [number, number] {
  const [a, b] = [below(bytes.length + 1, random), below(bytes.length + 1, random)];
  return a < b ? [a, b] : [b, a];
}

const interesting = [0x00, 0x01, 0x02, 0x03, 0x7f, 0x80, 0xc0, 0xc3, 0xff];

const mutations: readonly Mutation[] = [
  function flipBit(bytes, random) {
    const copy = Buffer.from(bytes);
    const at = below(copy.length, random);
    copy[at] = (copy[at] ?? 0) ^ (1 << below(8, random));
    return copy;
  },
  function setByte(bytes, random) {
    const copy = Buffer.from(bytes);
    copy[below(copy.length, random)] = interesting[below(interesting.length, random)] ?? 0;
    return copy;
  },
  function inflateLength(bytes, random) {
    const copy = Buffer.from(bytes);
    const at = below(Math.max(1, copy.length - 4), random);
    copy.fill(0xff, at, at + 1 + below(4, random));
    return copy;
  },
  function truncate(bytes, random) {
    return bytes.subarray(0, below(bytes.length + 1, random));
  },
  function remove(bytes, random) {
    const [from, to] = span(bytes, random);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  function repeat(bytes, random) {
    const [from, to] = span(bytes, random);
    const piece = bytes.subarray(from, Math.min(to, from + 4_096));
    return Buffer.concat([bytes.subarray(0, to), piece, bytes.subarray(to)]);
  },
  function insertNoise(bytes, random) {
    const at = below(bytes.length + 1, random);
    const noise = Buffer.from(Array.from({ length: below(64, random) }, () => below(256, random)));
    return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]);
  },
  function swap(bytes, random) {
    const [from, to] = span(bytes, random);
    return Buffer.concat([bytes.subarray(to), bytes.subarray(from, to), bytes.subarray(0, from)]);
  },
];

/**
 * One to four mutations of a session. Most leave the handshake as it is, because what comes after it has more to break:
 * `handshakeBytes` says where it ends.
 */
export function mutate(session: Buffer, handshakeBytes: number, random: () => number): Buffer {
  const spared = random() < 0.85 ? handshakeBytes : 0;
  let bytes: Buffer = session.subarray(spared);
  for (let count = 1 + below(4, random); count > 0 && bytes.length > 0; count -= 1) {
    const mutation = mutations[below(mutations.length, random)];
    if (mutation) bytes = mutation(bytes, random);
  }
  return Buffer.concat([session.subarray(0, spared), bytes]);
}

/** The same bytes as a network might deliver them. */
export function fragments(bytes: Buffer, random: () => number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const size = 1 + below(random() < 0.1 ? 4 : 6_000, random);
    pieces.push(bytes.subarray(offset, offset + size));
    offset += size;
  }
  return pieces;
}
