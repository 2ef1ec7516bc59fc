import { Problem } from '../shared/problem';
import type { UserPrincipal } from '../shared/tokens';
import type { Channel, ChannelStore } from './channels/store';
import type { StreamRecord, StreamStore } from './streams/store';

export interface Owned {
  readonly ownerId: string;
}

export const isOwner = (principal: UserPrincipal | undefined, { ownerId }: Owned): boolean =>
  principal !== undefined && (principal.userId === ownerId || principal.role === 'admin');

/** Site moderators and administrators act on what is not theirs: they end and take down. */
export const mayModerate = (principal: UserPrincipal | undefined, owned: Owned): boolean =>
  isOwner(principal, owned) || principal?.role === 'moderator';

/** The channel, for its owner. Throws `not-found` or `forbidden`. */
export async function findOwnChannel(
  channels: ChannelStore,
  handle: string,
  principal: UserPrincipal,
): Promise<Channel> {
  const channel = await channels.find(handle);
  if (!channel) throw new Problem('not-found');
  if (!isOwner(principal, channel)) throw new Problem('forbidden');
  return channel;
}

/** The stream, for its owner. Throws `not-found` or `forbidden`. */
export async function findOwnStream(
  streams: StreamStore,
  streamId: string,
  principal: UserPrincipal,
): Promise<StreamRecord> {
  const stream = await streams.find(streamId, 'recent');
  if (!stream) throw new Problem('not-found');
  if (!isOwner(principal, stream.channel)) throw new Problem('forbidden');
  return stream;
}
