import type { PolicySource, Standing } from './policy-source';

/** Who follows the channel of a stream, remembered for a minute. */
export interface Followers {
  /** Rejects while the stream service is away and the answer is not remembered. */
  follows(streamId: string, userId: string): Promise<boolean>;
}

const rememberMs = 60_000;
const mostRemembered = 50_000;

export function createFollowers(policies: PolicySource, now: () => number): Followers {
  const remembered = new Map<string, { readonly standing: Standing; readonly untilMs: number }>();
  return {
    async follows(streamId, userId) {
      const key = `${streamId}:${userId}`;
      const known = remembered.get(key);
      if (known && known.untilMs > now()) return known.standing.follows;
      const standing = await policies.standingOf(streamId, userId);
      if (remembered.size >= mostRemembered) remembered.delete(remembered.keys().next().value as string);
      remembered.set(key, { standing, untilMs: now() + rememberMs });
      return standing.follows;
    },
  };
}
