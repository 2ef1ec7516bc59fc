import type { Handlers } from '../../shared/http';
import { newId } from '../../shared/ids';
import { Problem } from '../../shared/problem';
import { findOwnChannel, findOwnStream, isOwner, mayModerate } from '../access';
import { finish } from '../broadcasts/events';
import { type streamContract, visibilities } from '../contract';
import type { StreamDependencies } from '../dependencies';
import { describeLocked, describeStream } from './describe';
import type { StreamRecord } from './store';

type StreamHandlers = Pick<
  Handlers<typeof streamContract>,
  | 'scheduleStream'
  | 'listChannelStreams'
  | 'listLiveStreams'
  | 'getStream'
  | 'updateStream'
  | 'endStream'
  | 'deleteStream'
  | 'getStreamHealth'
  | 'getChatPolicy'
>;

const mostPrepared = 20;

export function createStreamHandlers(dependencies: StreamDependencies): StreamHandlers {
  const { channels, streams, health, takedowns, mediaCookies, hasher, config, now } = dependencies;
  const describe = (stream: StreamRecord) => describeStream(stream, config.MEDIA_BASE_URL);

  const page = (found: readonly StreamRecord[], limit: number) => {
    const shown = found.slice(0, limit);
    return { streams: shown.map(describe), next: found.length > limit ? (shown.at(-1)?.id ?? null) : null };
  };

  const refusePrivate = (visibility: string | undefined) => {
    if (visibility === 'private' && !mediaCookies) {
      throw new Problem('conflict', 'private streams are not switched on here');
    }
  };

  return {
    async scheduleStream({ principal, params: { handle }, body }) {
      refusePrivate(body.visibility);
      const channel = await findOwnChannel(channels, handle, principal);
      if ((await streams.countPrepared(channel.id)) >= mostPrepared) {
        throw new Problem('conflict', `a channel has at most ${mostPrepared} prepared streams`);
      }
      const id = newId('st');
      await streams.create({
        id,
        channelId: channel.id,
        title: body.title,
        visibility: body.visibility ?? channel.settings.defaultVisibility,
        passphraseHash: body.passphrase === undefined ? null : await hasher.hash(body.passphrase),
        scheduled: true,
        scheduledFor: body.scheduledFor === undefined ? null : new Date(body.scheduledFor),
        createdAt: now(),
      });
      return { status: 201, body: describe(await findOwnStream(streams, id, principal)) };
    },

    async listChannelStreams({ principal, params: { handle }, query: { after, limit } }) {
      const channel = await channels.find(handle);
      if (!channel) throw new Problem('not-found');
      const seen = isOwner(principal, channel) ? visibilities : (['public'] as const);
      const found = await streams.listOfChannel(channel.id, { after, limit: limit + 1, visibilities: seen });
      return { status: 200, body: page(found, limit) };
    },

    async listLiveStreams({ query: { after, limit } }) {
      return { status: 200, body: page(await streams.listLive({ after, limit: limit + 1 }), limit) };
    },

    async getStream({ principal, params: { streamId } }) {
      const stream = await streams.find(streamId, principal ? 'recent' : 'lagging');
      if (!stream) throw new Problem('not-found');
      const open = stream.visibility !== 'private' || mayModerate(principal, stream.channel);
      const shown = open ? describe(stream) : describeLocked(stream, config.MEDIA_BASE_URL);
      return {
        status: 200,
        body: {
          ...shown,
          passphraseRequired: !open && stream.passphraseHash !== null,
          own: isOwner(principal, stream.channel),
        },
      };
    },

    async updateStream({ principal, params: { streamId }, body }) {
      refusePrivate(body.visibility);
      const stream = await findOwnStream(streams, streamId, principal);
      const becomesPrivate = body.visibility === 'private' && stream.visibility !== 'private';
      if (becomesPrivate && stream.state !== 'created' && stream.state !== 'ended' && stream.state !== 'archived') {
        throw new Problem('conflict', 'end the broadcast first: what viewers have loaded cannot be called back');
      }
      if (becomesPrivate && stream.reservedUntil !== null && stream.reservedUntil > now()) {
        throw new Problem('conflict', 'a publisher is about to start: try again in a few seconds');
      }
      // `null` takes the passphrase away, nothing leaves it.
      const passphraseHash = body.passphrase === null ? null : stream.passphraseHash;
      await streams.update(streamId, {
        title: body.title ?? stream.title,
        visibility: body.visibility ?? stream.visibility,
        passphraseHash: body.passphrase == null ? passphraseHash : await hasher.hash(body.passphrase),
        scheduledFor: body.scheduledFor === undefined ? stream.scheduledFor : dateOf(body.scheduledFor),
      });
      if (becomesPrivate) await takedowns.add(stream, now());
      return { status: 200, body: describe(await findOwnStream(streams, streamId, principal)) };
    },

    async endStream({ principal, params: { streamId } }) {
      const stream = await streams.find(streamId, 'recent');
      if (!stream) throw new Problem('not-found');
      if (!mayModerate(principal, stream.channel)) throw new Problem('forbidden');
      const by = isOwner(principal, stream.channel) ? 'ended in the studio' : 'ended by a moderator';
      const changed = await streams.change(streamId, now(), (locked) => finish(locked, now(), by), {
        disconnect: true,
      });
      if (!changed) throw new Problem('not-found');
      if (changed.outcome === 'illegal') throw new Problem('illegal-transition', 'the stream is over already');
      return { status: 200, body: describe(changed.stream) };
    },

    async deleteStream({ principal, params: { streamId } }) {
      const stream = await streams.find(streamId, 'recent');
      if (!stream) throw new Problem('not-found');
      if (!mayModerate(principal, stream.channel)) throw new Problem('forbidden');
      if (stream.state === 'waiting' || stream.state === 'live' || stream.state === 'interrupted') {
        throw new Problem('conflict', 'end the broadcast first');
      }
      await streams.remove(streamId, now());
      return { status: 204 };
    },

    async getStreamHealth({ principal, params: { streamId } }) {
      const stream = await findOwnStream(streams, streamId, principal);
      const measured = await health.find(streamId);
      const events = await streams.listEvents(streamId);
      return {
        status: 200,
        body: {
          state: stream.state,
          source: stream.source,
          region: stream.region,
          ageSeconds: measured ? Math.max(0, (now().getTime() - measured.at.getTime()) / 1_000) : null,
          measured: measured?.health ?? null,
          renditions: [...stream.renditions],
          events: events.map((event) => ({ ...event, at: event.at.toISOString() })),
        },
      };
    },

    async getChatPolicy({ params: { streamId } }) {
      const stream = await streams.find(streamId, 'recent');
      if (!stream) throw new Problem('not-found');
      const moderators = await channels.listModerators(stream.channelId);
      return {
        status: 200,
        body: {
          streamId,
          channelId: stream.channelId,
          channelOwnerId: stream.channel.ownerId,
          state: stream.state,
          visibility: stream.visibility,
          moderators: moderators.map(({ userId }) => userId),
          ...stream.channel.settings.chat,
        },
      };
    },
  };
}

const dateOf = (text: string | null) => (text === null ? null : new Date(text));
