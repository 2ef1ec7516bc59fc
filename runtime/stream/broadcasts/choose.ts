import type { ChannelSettings } from '../contract';
import type { Broadcast } from './events';

/** A publisher that was let in has this long to start before another may try. */
export const reservationSeconds = 10;

export interface Candidate extends Pick<Broadcast, 'state' | 'reservedUntil'> {
  readonly id: string;
}

export type Choice =
  /** Publish to this stream: the one in progress, or the one the owner prepared. */
  | { readonly kind: 'existing'; readonly streamId: string; readonly resumes: boolean }
  /** Make a stream for it. */
  | { readonly kind: 'new' }
  /** Somebody else is publishing. */
  | { readonly kind: 'refuse' };

/**
 * Which stream a publisher of a channel goes to.
 *
 * @param inProgress the channel's waiting, live or interrupted stream
 * @param publisherAlive whether that stream's publisher is known to be there
 * @param prepared streams not started yet, the one to use first in front
 */
export function chooseStream(options: {
  readonly inProgress: Candidate | undefined;
  readonly publisherAlive: boolean;
  readonly prepared: readonly Candidate[];
  readonly policy: ChannelSettings['onSecondPublisher'];
  readonly now: Date;
}): Choice {
  const { inProgress, publisherAlive, prepared, policy, now } = options;
  const isReserved = (candidate: Candidate) => candidate.reservedUntil !== null && candidate.reservedUntil > now;
  const starting = prepared.find(isReserved);
  const target = inProgress ?? starting ?? prepared[0];
  const contested = (inProgress !== undefined && publisherAlive) || (target !== undefined && isReserved(target));
  if (contested && policy === 'refuse') return { kind: 'refuse' };
  return target ? { kind: 'existing', streamId: target.id, resumes: target === inProgress } : { kind: 'new' };
}
