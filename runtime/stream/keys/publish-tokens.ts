import { z } from 'zod';
import { newId } from '../../shared/ids';
import type { RedisClient } from '../../shared/redis';
import { hashSecret, matchesHash, newPublishToken } from './secret';

/** Time from pressing "go live" to the first packet, with a permission dialogue in between. */
export const publishTokenSeconds = 120;

export interface PublishTokenStore {
  create(channelId: string): Promise<string>;
  /** The channel a token publishes to, while it is valid. */
  find(id: string, token: string): Promise<string | undefined>;
}

const entry = z.object({ channelId: z.string(), hash: z.string() });

export function createPublishTokenStore(redis: RedisClient): PublishTokenStore {
  const key = (id: string) => `stream:publish-token:{${id}}`;
  return {
    async create(channelId) {
      const id = newId('pt');
      const token = newPublishToken(id);
      const value = { channelId, hash: hashSecret(token).toString('base64') };
      await redis.set(key(id), JSON.stringify(value), 'EX', publishTokenSeconds);
      return token;
    },
    async find(id, token) {
      const text = await redis.get(key(id));
      if (text === null) return undefined;
      const { channelId, hash } = entry.parse(JSON.parse(text));
      return matchesHash(token, Buffer.from(hash, 'base64')) ? channelId : undefined;
    },
  };
}
