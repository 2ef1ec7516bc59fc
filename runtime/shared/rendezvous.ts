/**
 * Rendezvous (highest random weight) hashing: which shards serve a room, in order of preference (Thaler and Ravishankar
 * 1998). A shard that comes or goes moves only its own rooms, and the first k of the order are k distinct shards, so
 * that a room too large for one is split without a second scheme. Golden vectors: test/chat/shards/rendezvous.json.
 */

/** FNV-1a, 32 bits, over UTF-8, through MurmurHash3's finalizer. */
export function hash32(text: string): number {
  let hash = basis;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    // Names are ASCII, whose bytes are its characters; only other text is encoded first.
    if (code > 0x7f) return mix(new TextEncoder().encode(text).reduce(step, basis));
    hash = step(hash, code);
  }
  return mix(hash);
}

const basis = 0x811c9dc5;
const step = (hash: number, byte: number) => Math.imul(hash ^ byte, 0x01000193);

function mix(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** The weight of a shard for a key: higher comes first. */
export function weight(key: string, shard: string): number {
  return mix(hash32(key) ^ hash32(shard));
}

/** All shards, the best for the key first. Equal weights are ordered by name, so that everyone agrees. */
export function rendezvousOrder(key: string, shards: readonly string[]): string[] {
  const keyHash = hash32(key);
  return shards
    .map((shard) => ({ shard, weight: mix(keyHash ^ hash32(shard)) }))
    .sort((a, b) => b.weight - a.weight || (a.shard < b.shard ? -1 : 1))
    .map(({ shard }) => shard);
}

export interface ShardLoad {
  readonly name: string;
  readonly connections: number;
}

/** A shard takes new connections up to this multiple of the mean (Mirrokni et al. 2016, consistent hashing with bounds). */
const loadBound = 1.25;
/** Viewers that one shard serves of one room before the room is split. */
export const viewersPerSplit = 2_000;

/** Over how many shards a room of this size is spread. */
export function splitOf(viewers: number, shards: number): number {
  return Math.min(Math.max(1, Math.ceil(viewers / viewersPerSplit)), Math.max(1, shards));
}

/**
 * The shard for one connection to a room: one of the first `split` of the room's order, by the connection's seed, and
 * past those that are loaded above the bound, the next in order. Nothing where there are no shards.
 */
export function placeConnection(
  room: string,
  seed: string,
  split: number,
  shards: readonly ShardLoad[],
): string | undefined {
  const order = rendezvousOrder(
    room,
    shards.map((shard) => shard.name),
  );
  const first = hash32(seed) % Math.max(1, Math.min(split, order.length));
  const preferred = [...order.slice(first, first + 1), ...order.filter((_, index) => index !== first)];
  const total = shards.reduce((sum, shard) => sum + shard.connections, 0);
  const bound = Math.ceil(((total + 1) / shards.length) * loadBound);
  const loads = new Map(shards.map((shard) => [shard.name, shard.connections]));
  return preferred.find((name) => (loads.get(name) ?? 0) < bound) ?? preferred[0];
}
