import { once } from 'node:events';
import type { Response } from 'express';
import type { PublishGrant } from '../../shared/broadcast';
import type { Handlers } from '../../shared/http';
import { newId } from '../../shared/ids';
import { Problem } from '../../shared/problem';
import type { streamContract } from '../contract';
import type { StreamDependencies } from '../dependencies';
import { identifyKey } from '../keys/identify';
import type { StreamRecord } from '../streams/store';
import { chooseStream, reservationSeconds } from './choose';
import { applyEvent } from './events';

type BroadcastHandlers = Pick<
  Handlers<typeof streamContract>,
  'authorizePublish' | 'reportBroadcastEvent' | 'streamRevocations' | 'reportCell'
>;

export function createBroadcastHandlers(dependencies: StreamDependencies): BroadcastHandlers {
  const { channels, streams, presence, health, recordings, revocationFeed, now } = dependencies;

  const isPublisherAlive = async (stream: StreamRecord | undefined): Promise<boolean> => {
    if (!stream || stream.state === 'interrupted') return false;
    if (stream.region === null || stream.sessionId === null) return false;
    return (await presence.publisher(stream.region, stream.id, stream.sessionId)) !== 'gone';
  };

  return {
    async authorizePublish({ body: { streamKey, region, protocol }, log }) {
      const { channelId, keyId } = await identifyKey(dependencies, streamKey);
      const channel = await channels.findById(channelId);
      if (!channel) throw new Problem('stream-key-invalid');
      const at = now();
      let resumes = false;
      const admitted = await streams.admit(
        channelId,
        {
          keyId,
          at,
          reservedUntil: new Date(at.getTime() + reservationSeconds * 1_000),
          newStream: {
            id: newId('st'),
            channelId,
            title: channel.title,
            visibility: channel.settings.defaultVisibility,
            passphraseHash: null,
            scheduled: false,
            scheduledFor: null,
            createdAt: at,
          },
        },
        async ({ inProgress, prepared }) => {
          const choice = chooseStream({
            inProgress,
            publisherAlive: await isPublisherAlive(inProgress),
            prepared,
            policy: channel.settings.onSecondPublisher,
            now: at,
          });
          resumes = choice.kind === 'existing' && choice.resumes;
          return choice;
        },
      );
      if (!admitted) throw new Problem('stream-already-live');
      if (!resumes && !((await presence.freeSlots(region)) ?? 0)) {
        await streams.releaseReservation(admitted.id, keyId);
        throw new Problem('capacity', undefined, { retryAfterSeconds: 30 });
      }
      log.info({ streamId: admitted.id, keyId, region, protocol, resumes }, 'publisher let in');
      return { status: 200, body: grantFor(admitted, keyId) };
    },

    async reportBroadcastEvent({ params: { streamId }, body: event, log }) {
      const at = now();
      const changed = await streams.change(streamId, at, (stream) => applyEvent(stream, event, at));
      if (!changed) throw new Problem('not-found');
      const { outcome, stream } = changed;
      if (outcome === 'illegal') {
        log.info({ streamId, event: event.type, state: stream.state }, 'event cannot happen in this state');
        throw new Problem('illegal-transition', `a stream that is ${stream.state} cannot take ${event.type}`);
      }
      if (outcome === 'stale') return { status: 204 };
      if (event.type === 'health') await health.store(streamId, event.health, at);
      if (event.type === 'recording-ready' || event.type === 'recording-failed') {
        await recordings.report(stream, event, at);
      }
      return { status: 204 };
    },

    async streamRevocations({ query: { after }, request }) {
      return {
        status: 200,
        headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' },
        write: async (response: Response) => {
          response.flushHeaders();
          const unsubscribe = revocationFeed.follow(after, {
            send: (text) => response.write(text),
            end: () => response.end(),
          });
          if (!request.destroyed) await once(response, 'close');
          unsubscribe();
        },
      };
    },

    async reportCell({ params: { region }, body }) {
      await presence.report(region, body);
      return { status: 204 };
    },
  };
}

/** The stream is the room: one id to follow through every log. */
export const roomNameOf = (streamId: string): string => streamId;

function grantFor(stream: StreamRecord, keyId: string): PublishGrant {
  const { settings } = stream.channel;
  return {
    streamId: stream.id,
    channelId: stream.channelId,
    keyId,
    roomName: roomNameOf(stream.id),
    bridge: settings.webrtcViewers,
    resumeGraceSeconds: settings.resumeGraceSeconds,
    dvrSeconds: settings.dvrSeconds,
    record: settings.record,
    retentionDays: settings.retentionDays,
    mediaAccess: stream.mediaAccess,
    captionLanguages: settings.captionLanguages,
    onSecondPublisher: settings.onSecondPublisher,
  };
}
