import { join } from 'node:path';
import type { Logger } from '../../shared/log';
import { defineScript, type RedisClient } from '../../shared/redis';
import type { ShardLoad } from '../../shared/rendezvous';

/** The shards as last heard of. A view may be stale: that costs a detour, never a message. */
export interface ShardView {
  /** Rises with every change of the set of shards. */
  readonly version: number;
  readonly shards: readonly ShardLoad[];
}

export interface Membership {
  readonly view: ShardView;
  /** Announces this shard and renews the view; called on a timer, and at once by who must not wait. */
  beat(): Promise<void>;
  /** Takes this shard out: it is given no further connections. */
  leave(): Promise<void>;
  close(): void;
}

export interface MembershipOptions {
  readonly shard: string;
  readonly sockets: () => number;
  readonly log: Logger;
}

const beatMs = 2_000;
const goneMs = 10_000;
const keys = ['chat:{shards}:seen', 'chat:{shards}:load', 'chat:{shards}:version'] as const;

export function joinShards(redis: RedisClient, { shard, sockets, log }: MembershipOptions): Membership {
  defineScript(redis, 'chatHeartbeat', join(__dirname, 'heartbeat.lua'), keys.length);
  defineScript(redis, 'chatLeave', join(__dirname, 'leave.lua'), keys.length);
  const scripts = redis as RedisClient & {
    chatHeartbeat(...parameters: (string | number)[]): Promise<(string | number)[]>;
    chatLeave(...parameters: string[]): Promise<number>;
  };
  let view: ShardView = { version: 0, shards: [] };
  let hasLeft = false;
  const beat = async (): Promise<void> => {
    const answer = await scripts.chatHeartbeat(...keys, hasLeft ? '' : shard, sockets(), goneMs);
    const heard = readView(answer);
    if (heard.version >= view.version) view = heard;
  };
  const complain = (error: unknown) => log.warn({ err: error }, 'the shards were not heard of');
  const announce = () => void beat().catch(complain);
  const timer = setInterval(announce, beatMs);
  // Not at once: who counts the sockets may still be in the making.
  setImmediate(announce);
  return {
    get view() {
      return view;
    },
    beat,
    async leave() {
      hasLeft = true;
      await scripts.chatLeave(...keys, shard);
    },
    close: () => clearInterval(timer),
  };
}

function readView([version = 0, ...pairs]: readonly (string | number)[]): ShardView {
  const shards: ShardLoad[] = [];
  for (let index = 0; index + 1 < pairs.length; index += 2) {
    shards.push({ name: String(pairs[index]), connections: Number(pairs[index + 1]) });
  }
  return { version: Number(version), shards: shards.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}
