import type { z } from 'zod';
import { contract as stream } from '../../stream/contract';
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
export function createPolicySource(streamUrl: string, serviceToken: () => Promise<string>): PolicySource {
  const ask = async <S extends z.ZodType>(path: string, answer: S): Promise<z.output<S> | undefined> => {
    const response = await fetch(new URL(path, streamUrl), {
      headers: { authorization: `Bearer ${await serviceToken()}` },
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`the stream service answered ${response.status}`);
    return answer.parse(await response.json());
  };
  const { getChatPolicy, getChatStanding } = stream.routes;
  return {
    async policyOf(streamId) {
      const policy = await ask(fill(getChatPolicy.path, { streamId }), getChatPolicy.responses[200]);
      return policy && fromChatPolicy(policy);
    },
    async standingOf(streamId, userId, grant) {
      const query = grant === undefined ? '' : `?${new URLSearchParams({ grant })}`;
      const path = fill(getChatStanding.path, { streamId, userId }) + query;
      const standing = await ask(path, getChatStanding.responses[200]);
      return { follows: standing?.followingSince != null, mayWatch: standing?.mayWatch === true };
    },
  };
}

const fill = (path: string, values: Readonly<Record<string, string>>) =>
  path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
