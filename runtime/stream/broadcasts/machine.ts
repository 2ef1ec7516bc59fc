import type { BroadcastState } from '../../shared/broadcast';

/** What happens to a broadcast, whoever tells it. */
export const happenings = [
  /** A publisher was let in and sends. */
  'publish',
  /** The first picture can be watched. */
  'picture',
  /** The publisher is gone and may come back. */
  'drop',
  /** It is over: the encoder said so, the owner did, or nobody came back. */
  'finish',
  /** Its recording is in the archive. */
  'archive',
] as const;
export type Happening = (typeof happenings)[number];

type Step = BroadcastState | undefined;

/** `undefined` is illegal. `publish` while interrupted depends on the past, see {@link nextState}. */
const table: Readonly<Record<BroadcastState, Readonly<Record<Happening, Step>>>> = {
  created: { publish: 'waiting', picture: undefined, drop: undefined, finish: 'ended', archive: undefined },
  waiting: { publish: 'waiting', picture: 'live', drop: 'interrupted', finish: 'ended', archive: undefined },
  live: { publish: 'live', picture: 'live', drop: 'interrupted', finish: 'ended', archive: undefined },
  interrupted: {
    publish: 'live',
    picture: 'interrupted',
    drop: 'interrupted',
    finish: 'ended',
    archive: undefined,
  },
  ended: { publish: undefined, picture: undefined, drop: undefined, finish: undefined, archive: 'archived' },
  archived: { publish: undefined, picture: undefined, drop: undefined, finish: undefined, archive: undefined },
};

/**
 * The state after `happening`, `undefined` when that cannot happen now. `pictured`: whether the broadcast could already
 * be watched; one that dropped before it could waits for its first picture again.
 */
export function nextState(state: BroadcastState, happening: Happening, pictured: boolean): BroadcastState | undefined {
  const next = table[state][happening];
  return state === 'interrupted' && happening === 'publish' && !pictured ? 'waiting' : next;
}
