import type { BroadcastEvent, BroadcastState, Source } from '../../shared/broadcast';
import type { webhookEvents } from '../contract';
import { type Happening, nextState } from './machine';

/** A broadcast as its events change it. */
export interface Broadcast {
  readonly state: BroadcastState;
  /** When it could first be watched. */
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  readonly interruptedAt: Date | null;
  /** A publisher was let in, with this key, and has not started yet. */
  readonly reservedUntil: Date | null;
  readonly reservedKeyId: string | null;
  /** The publisher in place and its key. */
  readonly keyId: string | null;
  readonly sessionId: string | null;
  readonly source: Source | null;
  readonly region: string | null;
  readonly seenAt: Date | null;
  readonly packagingToken: number;
  readonly renditions: readonly { readonly name: string; readonly width: number; readonly height: number }[];
}

export type WebhookEvent = (typeof webhookEvents)[number];

export interface Change {
  readonly set: Partial<Broadcast>;
  /** For the studio's list. */
  readonly note?: { readonly type: string; readonly detail: string };
  /** Told to the channel's webhooks. */
  readonly announce?: WebhookEvent;
}

/** `stale`: from a publisher or packager that was replaced, or said before. `illegal`: cannot happen in this state. */
export type Outcome = Change | 'stale' | 'illegal';

/** What a gate's or packager's event changes. Events may repeat, come late and in any order. */
export function applyEvent(broadcast: Broadcast, event: BroadcastEvent, now: Date): Outcome {
  switch (event.type) {
    case 'publish-started':
      return startPublishing(broadcast, event, now);
    case 'publish-stopped':
      return stopPublishing(broadcast, event, now);
    case 'packaging':
      if (event.token < broadcast.packagingToken) return 'stale';
      return withHappening(broadcast, 'picture', {
        packagingToken: event.token,
        renditions: event.renditions,
        startedAt: broadcast.startedAt ?? now,
      });
    case 'health':
      if (event.token < broadcast.packagingToken) return 'stale';
      return { set: { packagingToken: event.token } };
    case 'packaging-ended':
      // The packager gives up after the grace; whether the broadcast is over is decided by its publisher's absence.
      if (event.token < broadcast.packagingToken || broadcast.state !== 'interrupted') return 'stale';
      return finish(broadcast, now, 'the packager closed the broadcast');
    case 'recording-ready':
    case 'recording-failed':
      return { set: {}, note: { type: event.type, detail: event.type === 'recording-failed' ? event.reason : '' } };
  }
}

function startPublishing(
  broadcast: Broadcast,
  { sessionId, source, region }: Extract<BroadcastEvent, { type: 'publish-started' }>,
  now: Date,
): Outcome {
  if (broadcast.sessionId === sessionId && broadcast.state !== 'interrupted') return 'stale';
  return withHappening(
    broadcast,
    'publish',
    {
      sessionId,
      source,
      region,
      keyId: broadcast.reservedKeyId ?? broadcast.keyId,
      reservedUntil: null,
      reservedKeyId: null,
      interruptedAt: null,
      seenAt: now,
    },
    { type: 'publish-started', detail: `${source === 'rtmp' ? 'RTMP' : 'WHIP'} in ${region}` },
  );
}

function stopPublishing(
  broadcast: Broadcast,
  { sessionId, reason }: Extract<BroadcastEvent, { type: 'publish-stopped' }>,
  now: Date,
): Outcome {
  if (reason === 'refused') {
    // Let in and then turned away, for its codec for instance: the next attempt need not wait.
    const note = { type: 'publish-refused', detail: 'the encoder sends what cannot be broadcast' };
    return broadcast.sessionId === sessionId ? 'stale' : { set: { reservedUntil: null, reservedKeyId: null }, note };
  }
  if (broadcast.sessionId !== sessionId || reason === 'replaced') return 'stale';
  if (reason === 'ended' && broadcast.startedAt !== null) return finish(broadcast, now, 'the encoder stopped');
  const detail = reason === 'revoked' ? 'disconnected by us' : 'the connection to the encoder broke';
  return withHappening(broadcast, 'drop', { interruptedAt: now }, { type: 'publish-stopped', detail });
}

/** Ends a broadcast; `illegal` when it is over. */
export function finish(broadcast: Broadcast, now: Date, detail: string): Outcome {
  const set = { endedAt: now, interruptedAt: null, reservedUntil: null, reservedKeyId: null, sessionId: null };
  return withHappening(broadcast, 'finish', set, { type: 'ended', detail });
}

/** Notes that the publisher has vanished without a word. */
export function lose(broadcast: Broadcast, now: Date): Outcome {
  const note = { type: 'publish-stopped', detail: 'the ingest gate that held the encoder is gone' };
  return withHappening(broadcast, 'drop', { interruptedAt: now }, note);
}

/** Notes that the recording has gone to the archive. */
export function archive(broadcast: Broadcast): Outcome {
  return withHappening(broadcast, 'archive', {});
}

const announcements: Partial<Record<BroadcastState, WebhookEvent>> = {
  waiting: 'stream.waiting',
  live: 'stream.live',
  interrupted: 'stream.interrupted',
  ended: 'stream.ended',
};

function withHappening(
  broadcast: Broadcast,
  happening: Happening,
  set: Partial<Broadcast>,
  note?: Change['note'],
): Outcome {
  const state = nextState(broadcast.state, happening, broadcast.startedAt !== null);
  if (state === undefined) return 'illegal';
  const announce = state === broadcast.state ? undefined : announcements[state];
  return { set: { ...set, state }, ...(note && { note }), ...(announce && { announce }) };
}
