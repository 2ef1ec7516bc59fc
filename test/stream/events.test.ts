import fc from 'fast-check';
import type { BroadcastEvent } from '../../runtime/shared/broadcast';
import { applyEvent, type Broadcast } from '../../runtime/stream/broadcasts/events';

const now = new Date('2026-01-01T12:00:00Z');

const fresh: Broadcast = {
  state: 'created',
  startedAt: null,
  endedAt: null,
  interruptedAt: null,
  reservedUntil: null,
  reservedKeyId: 'ke_1',
  keyId: null,
  sessionId: null,
  source: null,
  region: null,
  seenAt: null,
  packagingToken: 0,
  renditions: [],
};

const started = (sessionId: string): BroadcastEvent => ({
  type: 'publish-started',
  sessionId,
  source: 'rtmp',
  region: 'us-east-1',
});
const stopped = (sessionId: string, reason: 'ended' | 'lost' | 'revoked' | 'replaced' | 'refused'): BroadcastEvent => ({
  type: 'publish-stopped',
  sessionId,
  reason,
});
const packaging = (token: number): BroadcastEvent => ({ type: 'packaging', token, renditions: [], hasAudio: true });

/** The broadcast when all of it has happened; what is stale or illegal changes nothing. */
function replay(broadcast: Broadcast, events: readonly BroadcastEvent[]): Broadcast {
  let current = broadcast;
  for (const event of events) {
    const outcome = applyEvent(current, event, now);
    if (typeof outcome !== 'string') current = { ...current, ...outcome.set };
  }
  return current;
}

const history = (...events: BroadcastEvent[]) => replay(fresh, events);

describe('events of a broadcast', () => {
  it('make it live with the first picture', () => {
    expect(history(started('a'), packaging(1))).toMatchObject({ state: 'live', startedAt: now, keyId: 'ke_1' });
  });

  it('may be repeated', () => {
    expect(history(started('a'), started('a'), packaging(1), packaging(1))).toEqual(
      history(started('a'), packaging(1)),
    );
  });

  it('of a publisher that was replaced are stale, in whatever order they come', () => {
    const broadcast = history(started('a'), packaging(1), started('b'), stopped('a', 'replaced'), stopped('a', 'lost'));
    expect(broadcast).toMatchObject({ state: 'live', sessionId: 'b' });
  });

  it('of a packager that lost its lease are stale', () => {
    const broadcast = history(started('a'), packaging(5), packaging(4));
    expect(broadcast.packagingToken).toBe(5);
    expect(applyEvent(broadcast, packaging(4), now)).toBe('stale');
  });

  it('end it when the encoder says goodbye, but not before anything was seen', () => {
    expect(history(started('a'), packaging(1), stopped('a', 'ended')).state).toBe('ended');
    expect(history(started('a'), stopped('a', 'ended')).state).toBe('interrupted');
  });

  it('interrupt it when the connection breaks or we cut it', () => {
    for (const reason of ['lost', 'revoked'] as const) {
      expect(history(started('a'), packaging(1), stopped('a', reason)).state).toBe('interrupted');
    }
  });

  it('announce each new state once', () => {
    const first = applyEvent(history(started('a')), packaging(1), now);
    expect(first).toMatchObject({ announce: 'stream.live' });
    const again = applyEvent(history(started('a'), packaging(1)), packaging(2), now);
    expect(again).not.toHaveProperty('announce');
  });

  it('never bring an ended broadcast back, whatever comes', () => {
    const event = fc.oneof(
      fc.constantFrom('a', 'b', 'c').map(started),
      fc
        .tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('ended', 'lost', 'revoked', 'replaced', 'refused'))
        .map(([sessionId, reason]) => stopped(sessionId, reason as 'lost')),
      fc.integer({ min: 0, max: 5 }).map(packaging),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), fc.array(event, { maxLength: 10 }), (before, later) => {
        const ended = history(started('a'), packaging(1), ...before, started('z'), stopped('z', 'ended'));
        const end = replay(ended, later);
        expect([ended.state, end.state]).toEqual(['ended', 'ended']);
      }),
    );
  });
});
