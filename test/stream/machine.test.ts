import { type BroadcastState, broadcastStates } from '../../runtime/shared/broadcast';
import { type Happening, happenings, nextState } from '../../runtime/stream/broadcasts/machine';

/** Every state and happening: what follows, and `-` for what is refused. */
const table: readonly (readonly [BroadcastState, ...(BroadcastState | '-')[]])[] = [
  //              publish    picture        drop           finish   archive
  ['created', 'waiting', '-', '-', 'ended', '-'],
  ['waiting', 'waiting', 'live', 'interrupted', 'ended', '-'],
  ['live', 'live', 'live', 'interrupted', 'ended', '-'],
  ['interrupted', 'live', 'interrupted', 'interrupted', 'ended', '-'],
  ['ended', '-', '-', '-', '-', 'archived'],
  ['archived', '-', '-', '-', '-', '-'],
];

const cases = table.flatMap(([state, ...next]) =>
  happenings.map((happening, index): [BroadcastState, Happening, BroadcastState | '-'] => [
    state,
    happening,
    next[index] ?? '-',
  ]),
);

describe('the state machine', () => {
  it('has every state and happening in its table', () => {
    expect(cases).toHaveLength(broadcastStates.length * happenings.length);
    expect(new Set(table.map(([state]) => state))).toEqual(new Set(broadcastStates));
  });

  it.each(cases)('%s + %s → %s', (state, happening, expected) => {
    expect(nextState(state, happening, true) ?? '-').toBe(expected);
  });

  it('lets a broadcast that dropped before its first picture wait for it again', () => {
    expect(nextState('interrupted', 'publish', false)).toBe('waiting');
  });

  it('never leaves the end', () => {
    for (const happening of happenings) {
      expect([undefined, 'archived']).toContain(nextState('ended', happening, true));
      expect(nextState('archived', happening, true)).toBeUndefined();
    }
  });
});
