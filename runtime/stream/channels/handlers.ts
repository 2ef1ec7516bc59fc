import type { Handlers } from '../../shared/http';
import { newId } from '../../shared/ids';
import { Problem } from '../../shared/problem';
import { findOwnChannel, isOwner } from '../access';
import { type ChannelSettings, defaultChannelSettings, type Stream, type streamContract } from '../contract';
import type { StreamDependencies } from '../dependencies';
import { describeStream } from '../streams/describe';
import type { Channel } from './store';

type ChannelHandlers = Pick<
  Handlers<typeof streamContract>,
  | 'createChannel'
  | 'listOwnChannels'
  | 'getChannel'
  | 'updateChannel'
  | 'deleteChannel'
  | 'followChannel'
  | 'unfollowChannel'
  | 'listFollowed'
  | 'listModerators'
  | 'grantModerator'
  | 'withdrawModerator'
  | 'forgetAccount'
>;

const mostChannels = 10;
const mostModerators = 100;

export function createChannelHandlers(dependencies: StreamDependencies): ChannelHandlers {
  const { channels, streams, config, mediaCookies, now } = dependencies;

  const find = async (handle: string): Promise<Channel> => {
    const channel = await channels.find(handle);
    if (!channel) throw new Problem('not-found');
    return channel;
  };

  const refusePrivate = (settings: { readonly defaultVisibility?: string | undefined } | undefined) => {
    if (settings?.defaultVisibility === 'private' && !mediaCookies) {
      throw new Problem('conflict', 'private streams are not switched on here');
    }
  };

  const currentOf = async (channel: Channel, seesAll: boolean): Promise<Stream | null> => {
    const stream = await streams.findInProgress(channel.id);
    if (!stream || (stream.visibility !== 'public' && !seesAll)) return null;
    return describeStream(stream, config.MEDIA_BASE_URL);
  };

  return {
    async createChannel({ principal, body: { handle, title, description, settings } }) {
      refusePrivate(settings);
      if ((await channels.listOwned(principal.userId)).length >= mostChannels) {
        throw new Problem('conflict', `an account has at most ${mostChannels} channels`);
      }
      const channel: Channel = {
        id: newId('ch'),
        handle,
        ownerId: principal.userId,
        title,
        description,
        settings: mergeSettings(defaultChannelSettings, settings),
        followers: 0,
        createdAt: now(),
      };
      if ((await channels.create(channel)) === 'handle-taken') {
        throw new Problem('already-exists', 'this handle is taken');
      }
      return { status: 201, body: describeOwn(channel) };
    },

    async listOwnChannels({ principal }) {
      const own = await channels.listOwned(principal.userId);
      return { status: 200, body: { channels: own.map(describeOwn) } };
    },

    async getChannel({ principal, params: { handle } }) {
      const channel = await find(handle);
      const own = isOwner(principal, channel);
      const since = principal && (await channels.followingSince(principal.userId, channel.id));
      return {
        status: 200,
        body: {
          ...describe(channel),
          current: await currentOf(channel, own),
          following: since !== undefined,
          ...(own && { settings: channel.settings }),
        },
      };
    },

    async updateChannel({ principal, params: { handle }, body }) {
      refusePrivate(body.settings);
      const channel = await findOwnChannel(channels, handle, principal);
      const changed = {
        ...channel,
        title: body.title ?? channel.title,
        description: body.description ?? channel.description,
        settings: mergeSettings(channel.settings, body.settings),
      };
      await channels.update(channel.id, changed);
      return { status: 200, body: describeOwn(changed) };
    },

    async deleteChannel({ principal, params: { handle } }) {
      await channels.remove((await findOwnChannel(channels, handle, principal)).id, now());
      return { status: 204 };
    },

    async followChannel({ principal, params: { handle } }) {
      await channels.follow(principal.userId, (await find(handle)).id, now());
      return { status: 204 };
    },

    async unfollowChannel({ principal, params: { handle } }) {
      await channels.unfollow(principal.userId, (await find(handle)).id);
      return { status: 204 };
    },

    async listFollowed({ principal }) {
      const followed = await channels.listFollowed(principal.userId);
      const withCurrent = await Promise.all(
        followed.map(async (channel) => ({ ...describe(channel), current: await currentOf(channel, false) })),
      );
      const liveFirst = withCurrent.sort((one, other) => Number(other.current !== null) - Number(one.current !== null));
      return { status: 200, body: { channels: liveFirst } };
    },

    async listModerators({ principal, params: { handle } }) {
      const channel = await findOwnChannel(channels, handle, principal);
      const moderators = (await channels.listModerators(channel.id)).map(({ userId, grantedAt }) => ({
        userId,
        grantedAt: grantedAt.toISOString(),
      }));
      return { status: 200, body: { moderators } };
    },

    async grantModerator({ principal, params: { handle, userId } }) {
      const channel = await findOwnChannel(channels, handle, principal);
      if ((await channels.listModerators(channel.id)).length >= mostModerators) {
        throw new Problem('conflict', `a channel has at most ${mostModerators} moderators`);
      }
      await channels.grantModerator(channel.id, userId, now());
      return { status: 204 };
    },

    async withdrawModerator({ principal, params: { handle, userId } }) {
      const channel = await findOwnChannel(channels, handle, principal);
      await channels.withdrawModerator(channel.id, userId);
      return { status: 204 };
    },

    async forgetAccount({ params: { userId } }) {
      for (const channel of await channels.listOwned(userId)) await channels.remove(channel.id, now());
      await channels.forgetUser(userId);
      return { status: 204 };
    },
  };
}

/** A part of the settings, as a client may send it; what it does not name is `undefined`. */
type SettingsChange =
  | ({
      readonly [K in Exclude<keyof ChannelSettings, 'chat'>]?: ChannelSettings[K] | undefined;
    } & {
      readonly chat?:
        | { readonly [K in keyof ChannelSettings['chat']]?: ChannelSettings['chat'][K] | undefined }
        | undefined;
    })
  | undefined;

function mergeSettings(settings: ChannelSettings, change: SettingsChange): ChannelSettings {
  const { chat, ...rest } = change ?? {};
  return { ...settings, ...named(rest), chat: { ...settings.chat, ...named(chat ?? {}) } };
}

/** Without the fields that are `undefined`, which would overwrite. */
function named<T extends object>(change: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function describe({ id, handle, title, description, ownerId, followers, createdAt }: Channel) {
  return { id, handle, title, description, ownerId, followers, createdAt: createdAt.toISOString() };
}

function describeOwn(channel: Channel) {
  return { ...describe(channel), settings: channel.settings };
}
