import type { RedisClient } from '../../shared/redis';

/** Replicas that must have a write before it is acknowledged, and how long they are waited for. */
const replicasNeeded = 1;
const waitMs = 100;

/** A pipeline that begins with the script `confirm.lua`. */
type ConfirmPipeline = ReturnType<RedisClient['pipeline']> & { chatConfirm(key: string): ConfirmPipeline };

/**
 * Confirms that a replica has what the server with `run` took so far. Requests that arrive while one confirmation of
 * the same key is under way share the next: WAIT blocks its connection, and one covers all writes before it.
 */
export function createConfirmer(commands: RedisClient): (key: string, run: string) => Promise<boolean> {
  const underWay = new Map<string, Promise<string | undefined>>();
  const queued = new Map<string, Promise<string | undefined>>();

  const start = (key: string): Promise<string | undefined> => {
    const confirmation = waitForReplica(commands, key)
      .catch(() => undefined)
      .finally(() => underWay.delete(key));
    underWay.set(key, confirmation);
    return confirmation;
  };
  const next = (key: string): Promise<string | undefined> => {
    const running = underWay.get(key);
    if (!running) return start(key);
    const waiting =
      queued.get(key) ??
      running.then(() => {
        queued.delete(key);
        return start(key);
      });
    queued.set(key, waiting);
    return waiting;
  };
  return async (key, run) => (await next(key)) === run;
}

/** The run id of the server whose writes so far are on a replica; nothing when none answered in time. */
async function waitForReplica(commands: RedisClient, key: string): Promise<string | undefined> {
  // Of a cluster's servers, WAIT goes to the one that the pipeline's key belongs to.
  const pipeline = commands.pipeline() as ConfirmPipeline;
  const answers = await pipeline.chatConfirm(key).wait(replicasNeeded, waitMs).exec();
  const [written, waited] = answers ?? [];
  if (!written || !waited || written[0] || waited[0]) return undefined;
  return Number(waited[1]) >= replicasNeeded ? String(written[1]) : undefined;
}
