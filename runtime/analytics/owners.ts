import { createServiceClient } from '../shared/service-client';
import { streamContract } from '../stream/contract';

export interface OwnerLookup {
  /** User id of whoever owns the stream's channel. Throws `not-found` and `unavailable`. */
  ownerOf(streamId: string): Promise<string>;
}

const timeoutMs = 1_500;
const mostRemembered = 10_000;

/** Asks the stream service once per stream: a stream never changes hands. */
export function createOwnerLookup(streamUrl: string, token: () => Promise<string>): OwnerLookup {
  const call = createServiceClient({ baseUrl: streamUrl, token, timeoutMs });
  const owners = new Map<string, string>();
  return {
    async ownerOf(streamId) {
      const known = owners.get(streamId);
      if (known !== undefined) return known;
      const policy = await call(streamContract.routes.getChatPolicy, { params: { streamId } });
      if (owners.size >= mostRemembered) owners.clear();
      owners.set(streamId, policy.channelOwnerId);
      return policy.channelOwnerId;
    },
  };
}
