import { Problem } from '../../shared/problem';
import { createServiceClient } from '../../shared/service-client';
import { streamContract } from '../../stream/contract';
import { fromChatPolicy, type RoomPolicy } from './room-policy';

/** What chat asks the stream service. Every method throws while it is away. */
export interface PolicySource {
  /** Nothing when there is no such stream. */
  policyOf(streamId: string): Promise<RoomPolicy | undefined>;
  standingOf(streamId: string, userId: string, grant?: string): Promise<Standing>;
}

export interface Standing {
  readonly follows: boolean;
  readonly mayWatch: boolean;
}

const timeoutMs = 1_500;

/** @param streamUrl where the stream service answers processes */
export function createPolicySource(streamUrl: string, token: () => Promise<string>): PolicySource {
  const call = createServiceClient({ baseUrl: streamUrl, token, timeoutMs });
  const { getChatPolicy, getChatStanding } = streamContract.routes;
  return {
    async policyOf(streamId) {
      try {
        return fromChatPolicy(await call(getChatPolicy, { params: { streamId } }));
      } catch (error) {
        if (error instanceof Problem && error.code === 'not-found') return undefined;
        throw error;
      }
    },
    async standingOf(streamId, userId, grant) {
      const query = grant === undefined ? {} : { grant };
      const { followingSince, mayWatch } = await call(getChatStanding, { params: { streamId, userId }, query });
      return { follows: followingSince !== null, mayWatch };
    },
  };
}
