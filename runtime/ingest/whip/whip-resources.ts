import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { publishSession } from '../../shared/broadcast';
import type { RedisClient } from '../../shared/redis';

const whipResource = z.object({
  session: publishSession,
  roomName: z.string(),
  identity: z.string(),
  /** LiveKit's path of the session. */
  upstream: z.string(),
  /** SHA-256 of the bearer that published: only it may change or end the session (RFC 9725 § 4.2). */
  bearerDigest: z.string(),
});
export type WhipResource = z.infer<typeof whipResource>;

/** Renewed with the session; outlives a gate's restart, so that the client can still say goodbye to another gate. */
const ttlSeconds = 120;

/** What stands behind the resources that WHIP clients are told, shared by the region's gates. */
export class WhipResources {
  private readonly index: string;

  constructor(
    private readonly redis: RedisClient,
    region: string,
  ) {
    this.index = `ingest:{${region}}:whip-resources`;
  }

  async create(resource: WhipResource): Promise<string> {
    const id = randomBytes(16).toString('base64url');
    await this.redis.set(keyOf(id), JSON.stringify(resource), 'EX', ttlSeconds);
    await this.redis.sadd(this.index, id);
    return id;
  }

  /** Undefined for an unknown id and for a wrong bearer alike. */
  async find(id: string, bearer: string | undefined): Promise<WhipResource | undefined> {
    const resource = await this.read(id);
    if (!resource || bearer === undefined) return undefined;
    return sameDigest(resource.bearerDigest, digestOf(bearer)) ? resource : undefined;
  }

  /** Ids of the region's WHIP sessions, some of which may be over. */
  ids(): Promise<string[]> {
    return this.redis.smembers(this.index);
  }

  async read(id: string): Promise<WhipResource | undefined> {
    const json = await this.redis.get(keyOf(id));
    return json === null ? undefined : whipResource.parse(JSON.parse(json));
  }

  async renew(id: string): Promise<void> {
    await this.redis.expire(keyOf(id), ttlSeconds);
  }

  async delete(id: string): Promise<void> {
    await this.redis.del(keyOf(id));
    await this.redis.srem(this.index, id);
  }
}

const keyOf = (id: string) => `ingest:whip:{${id}}`;

export const digestOf = (bearer: string) => createHash('sha256').update(bearer).digest('base64url');

const sameDigest = (a: string, b: string) =>
  a.length === b.length && timingSafeEqual(Buffer.from(a, 'ascii'), Buffer.from(b, 'ascii'));
