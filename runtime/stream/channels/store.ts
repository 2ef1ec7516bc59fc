import { type ChannelSettings, defaultChannelSettings } from '../contract';

/** Settings as they are stored: a channel that is older than a setting has its default. */
export const storedSettings = (stored: Partial<ChannelSettings>): ChannelSettings => ({
  ...defaultChannelSettings,
  ...stored,
});

export interface Channel {
  readonly id: string;
  readonly handle: string;
  readonly ownerId: string;
  readonly title: string;
  readonly description: string;
  readonly settings: ChannelSettings;
  readonly followers: number;
  readonly createdAt: Date;
}

export type NewChannel = Omit<Channel, 'followers'>;

export interface ChannelStore {
  create(channel: NewChannel): Promise<'created' | 'handle-taken'>;
  find(handle: string): Promise<Channel | undefined>;
  findById(id: string): Promise<Channel | undefined>;
  listOwned(ownerId: string): Promise<readonly Channel[]>;
  update(id: string, change: Pick<Channel, 'title' | 'description' | 'settings'>): Promise<void>;
  /** Deletes the channel; its broadcast is cut and its media queued for removal. */
  remove(id: string, at: Date): Promise<void>;

  follow(userId: string, channelId: string, at: Date): Promise<void>;
  unfollow(userId: string, channelId: string): Promise<void>;
  followingSince(userId: string, channelId: string): Promise<Date | undefined>;
  listFollowed(userId: string): Promise<readonly Channel[]>;

  listModerators(channelId: string): Promise<readonly { readonly userId: string; readonly grantedAt: Date }[]>;
  grantModerator(channelId: string, userId: string, at: Date): Promise<void>;
  withdrawModerator(channelId: string, userId: string): Promise<void>;
  /** Removes what someone follows and moderates. */
  forgetUser(userId: string): Promise<void>;
}
