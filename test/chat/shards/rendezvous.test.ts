import fc from 'fast-check';
import { hash32, placeConnection, rendezvousOrder, splitOf, viewersPerSplit } from '../../../runtime/shared/rendezvous';
import golden from './rendezvous.json';

const shards = (count: number) => Array.from({ length: count }, (_, index) => `chat-${index}`);

describe('rendezvous hashing', () => {
  it.each(golden.hashes)('hashes $text to $hash in every language', ({ text, hash }) => {
    expect(hash32(text)).toBe(hash);
  });

  it.each(golden.orders)('orders $shards shards for $key as ever', ({ key, shards: count, order }) => {
    expect(rendezvousOrder(key, shards(count))).toEqual(order.map((ordinal) => `chat-${ordinal}`));
  });

  it('does not depend on the order in which shards are named', () => {
    fc.assert(
      fc.property(fc.string(), fc.shuffledSubarray(shards(20)), (key, some) => {
        expect(rendezvousOrder(key, some)).toEqual(rendezvousOrder(key, [...some].sort()));
      }),
    );
  });

  it('moves only the keys of a shard that goes: everything else keeps its order', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 0, max: 15 }), (key, gone) => {
        const before = rendezvousOrder(key, shards(16)).filter((shard) => shard !== `chat-${gone}`);
        const after = rendezvousOrder(
          key,
          shards(16).filter((shard) => shard !== `chat-${gone}`),
        );
        expect(after).toEqual(before);
      }),
    );
  });

  it('spreads keys evenly', () => {
    const counts = new Map<string, number>();
    for (let key = 0; key < 20_000; key += 1) {
      const [first = ''] = rendezvousOrder(`st_${key}`, shards(16));
      counts.set(first, (counts.get(first) ?? 0) + 1);
    }
    expect(Math.max(...counts.values()) / (20_000 / 16)).toBeLessThan(1.1);
  });
});

describe('placing a connection', () => {
  const idle = (count: number) => shards(count).map((name) => ({ name, connections: 0 }));

  it.each([
    [0, 16, 1],
    [viewersPerSplit, 16, 1],
    [viewersPerSplit + 1, 16, 2],
    [100_000, 16, 16],
    [10_000, 3, 3],
  ])('splits a room of %i viewers on %i shards over %i', (viewers, count, split) => {
    expect(splitOf(viewers, count)).toBe(split);
  });

  it('keeps a small room together and spreads a split one over the first of its order', () => {
    const place = (seed: string, split: number) => placeConnection('st_1', seed, split, idle(16));
    const seeds = Array.from({ length: 200 }, (_, n) => `seed-${n}`);
    expect(new Set(seeds.map((seed) => place(seed, 1)))).toEqual(
      new Set(rendezvousOrder('st_1', shards(16)).slice(0, 1)),
    );
    expect(new Set(seeds.map((seed) => place(seed, 4)))).toEqual(
      new Set(rendezvousOrder('st_1', shards(16)).slice(0, 4)),
    );
  });

  it('skips a shard that is loaded above the bound', () => {
    const [first, second] = rendezvousOrder('st_1', shards(4));
    const loads = shards(4).map((name) => ({ name, connections: name === first ? 1_000 : 100 }));
    expect(placeConnection('st_1', 'seed', 1, loads)).toBe(second);
  });

  it('places nothing where there is nothing', () => expect(placeConnection('st_1', 's', 1, [])).toBeUndefined());
});
