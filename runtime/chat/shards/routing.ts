import { placeConnection } from '../../shared/rendezvous';
import type { Broker } from '../broker/broker';
import type { Membership } from './membership';
import { SplitMemory } from './split-memory';

/** Which shard a connection is sent to. It decides about efficiency only: any shard serves any room correctly. */
export interface Routing {
  /** Name of the shard, or null where any pod will do. */
  choose(room: string, seed: string): Promise<string | null>;
  /** The path to open. */
  pathTo(shard: string | null): string;
}

export const anyPod: Routing = {
  choose: async () => null,
  pathTo: () => '/api/chat/ws',
};

export function createShardRouting(membership: Membership, broker: Broker, now: () => number): Routing {
  const splits = new SplitMemory(now);
  return {
    async choose(room, seed) {
      const { shards } = membership.view;
      if (shards.length === 0) return null;
      const viewers = await broker.readPresence(room).catch(() => 0);
      const split = splits.splitFor(room, viewers, shards.length);
      return placeConnection(room, seed, split, shards) ?? null;
    },
    pathTo(shard) {
      const ordinal = shard === null ? undefined : ordinalOf(shard);
      return ordinal === undefined ? '/api/chat/ws' : `/api/chat/s/${ordinal}/ws`;
    },
  };
}

/** The trailing number of a stable pod name. */
export function ordinalOf(shard: string): number | undefined {
  const digits = /-(\d{1,3})$/.exec(shard)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
