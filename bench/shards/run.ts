import { parseArgs } from 'node:util';
import { placeConnection, rendezvousOrder, type ShardLoad, splitOf } from '../../runtime/shared/rendezvous';
import { median, table } from '../support/table';
import { KetamaRing } from './ketama';

/**
 * `npm run bench:shards`: how evenly rooms and viewers are spread and how many rooms move when a shard comes or goes,
 * beside the ring that NGINX uses. Everything is seeded: a second run prints the same figures, times apart.
 */
const shardCounts = [8, 16, 32, 64];
/** Audiences drawn per row; fewer for many shards, which cost more and vary less. */
const { values: options } = parseArgs({ options: { trials: { type: 'string', default: '10' } } });
const trials = Number(options.trials);
const keys = 100_000;
const viewers = 100_000;

const names = (count: number) => Array.from({ length: count }, (_, index) => `chat-${index}`);

/** Mulberry32: small, seeded and good enough to draw viewers. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Place = (key: string) => string;

const rendezvous = (shards: readonly string[]): Place => {
  return (key) => rendezvousOrder(key, shards)[0] ?? '';
};
const ring = (shards: readonly string[]): Place => {
  const ketama = new KetamaRing(shards);
  return (key) => ketama.shardOf(key);
};

function busiest(counts: ReadonlyMap<string, number>, shards: number): number {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return Math.max(...counts.values()) / (total / shards);
}

function balanceOfKeys(place: Place, shards: number): number {
  const counts = new Map<string, number>();
  for (let key = 0; key < keys; key += 1) {
    const shard = place(`st_${key}`);
    counts.set(shard, (counts.get(shard) ?? 0) + 1);
  }
  return busiest(counts, shards);
}

/** Keys that move, against the least that must. */
function movement(make: (shards: readonly string[]) => Place, before: readonly string[], after: readonly string[]) {
  const [from, to] = [make(before), make(after)];
  let moved = 0;
  for (let key = 0; key < keys; key += 1) if (from(`st_${key}`) !== to(`st_${key}`)) moved += 1;
  const ideal = keys / Math.max(before.length, after.length);
  return moved / ideal;
}

/** Viewers per room by Zipf's law. */
function audience(rooms: number, exponent: number): number[] {
  const weights = Array.from({ length: rooms }, (_, rank) => 1 / (rank + 1) ** exponent);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => Math.round((weight / total) * viewers));
}

type Policy = 'ring' | 'rendezvous' | 'split' | 'split and bound';

/** Everyone arrives in random order; the busiest shard against the mean. */
function balanceOfViewers(policy: Policy, shards: number, rooms: number, exponent: number, seed: number): number {
  const random = seeded(seed);
  const sizes = audience(rooms, exponent);
  const arrivals = sizes.flatMap((size, room) => Array<number>(size).fill(room));
  for (let index = arrivals.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1));
    [arrivals[index], arrivals[other]] = [arrivals[other] ?? 0, arrivals[index] ?? 0];
  }
  const loads = names(shards).map((name) => ({ name, connections: 0 }));
  const byName = new Map(loads.map((load) => [load.name, load]));
  const unbounded: ShardLoad[] = names(shards).map((name) => ({ name, connections: 0 }));
  const ketama = ring(names(shards));
  const orders = new Map<number, string[]>();
  for (const [arrival, room] of arrivals.entries()) {
    const key = `st_${seed}_${room}`;
    const split = splitOf(sizes[room] ?? 0, shards);
    let shard: string | undefined;
    if (policy === 'ring') shard = ketama(key);
    else if (policy === 'rendezvous') {
      const order = orders.get(room) ?? rendezvousOrder(key, names(shards));
      orders.set(room, order);
      shard = order[0];
    } else shard = placeConnection(key, `viewer-${arrival}`, split, policy === 'split' ? unbounded : loads);
    const load = byName.get(shard ?? '');
    if (load) load.connections += 1;
  }
  return busiest(new Map(loads.map(({ name, connections }) => [name, connections])), shards);
}

function nanoseconds(place: Place): number {
  const started = process.hrtime.bigint();
  for (let key = 0; key < keys; key += 1) place(`st_${key}`);
  return Number(process.hrtime.bigint() - started) / keys;
}

function printKeys(): void {
  const rows = shardCounts.flatMap((count) => {
    const before = names(count);
    const middle = before.filter((_, index) => index !== Math.floor(count / 2));
    return (
      [
        ['rendezvous', rendezvous],
        ['ketama ring, 160 points', ring],
      ] as const
    ).map(([name, make]) => [
      name,
      String(count),
      balanceOfKeys(make(before), count).toFixed(3),
      movement(make, before, names(count + 1)).toFixed(3),
      movement(make, before, middle).toFixed(3),
      nanoseconds(make(before)).toFixed(0),
    ]);
  });
  console.log(`\n${keys} rooms of equal size\n`);
  console.log(table(['hash', 'shards', 'busiest ÷ mean', 'moved on +1 ÷ ideal', 'moved on −1 ÷ ideal', 'ns'], rows));
}

function printViewers(): void {
  const audiences = [
    { rooms: 500, exponent: 1 },
    { rooms: 50, exponent: 1.2 },
    { rooms: 1, exponent: 1 },
  ];
  const policies: readonly Policy[] = ['ring', 'rendezvous', 'split', 'split and bound'];
  const rows = audiences.flatMap(({ rooms, exponent }) =>
    shardCounts.map((count) => [
      `${rooms} rooms, Zipf ${exponent}`,
      String(count),
      ...policies.map((policy) => {
        const runs = Math.max(1, Math.min(trials, Math.ceil((trials * 16) / count)));
        const results = Array.from({ length: runs }, (_, seed) =>
          balanceOfViewers(policy, count, rooms, exponent, seed + 1),
        );
        return `${median(results).toFixed(2)} / ${Math.max(...results).toFixed(2)}`;
      }),
    ]),
  );
  console.log(`\n${viewers} viewers: busiest shard ÷ mean, median / worst\n`);
  console.log(table(['audience', 'shards', ...policies], rows));
}

printKeys();
printViewers();
