import type { Logger } from '../../shared/log';
import type { Broker, SanctionEnd } from '../broker/broker';
import type { SanctionStore } from '../moderation/sanctions';
import type { PolicySource } from '../policy/policy-source';
import type { RoomPolicy } from '../policy/room-policy';
import type { Seed } from './room';

export class NoSuchRoom extends Error {
  override readonly name = 'NoSuchRoom';
}

export interface SeedDependencies {
  readonly broker: Broker;
  readonly policies: PolicySource;
  readonly sanctions: SanctionStore;
  readonly log: Logger;
  readonly now: () => number;
}

/**
 * Fills rooms from the stream service and the document store. Without the bans a room stays unseeded: it can be read,
 * and nobody writes to it before it is known who may not.
 */
export function createSeed({ broker, policies, sanctions, log, now }: SeedDependencies): Seed {
  return async (room, known) => {
    const policy = await currentPolicy(policies, room, known, log);
    try {
      const running = await sanctions.list(policy.channelId, now());
      const ends = new Map<string, SanctionEnd>(running.map(({ userId, end }) => [userId, end]));
      await broker.seed(room, { policy: JSON.stringify(policy), sanctions: ends });
    } catch (error) {
      log.warn({ err: error, room }, 'the room can only be read until its bans are known');
    }
    return policy;
  };
}

async function currentPolicy(
  policies: PolicySource,
  room: string,
  known: RoomPolicy | undefined,
  log: Logger,
): Promise<RoomPolicy> {
  try {
    const policy = await policies.policyOf(room);
    if (policy) return policy;
  } catch (error) {
    if (!known) throw error;
    log.warn({ err: error, room }, 'the room goes by the policy it had');
    return known;
  }
  throw new NoSuchRoom(`there is no stream ${room}`);
}
