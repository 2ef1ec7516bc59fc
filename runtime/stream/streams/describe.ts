import { hlsKeys, type MediaLocation } from '../../shared/media-layout';
import type { Stream } from '../contract';
import type { StreamRecord } from './store';

/** A stream as the API shows it to whoever may see it. */
export function describeStream(stream: StreamRecord, mediaBaseUrl: string): Stream {
  const { id, channel, channelId, title, state, visibility } = stream;
  return {
    id,
    channel: { id: channelId, handle: channel.handle, title: channel.title },
    title,
    state,
    visibility,
    scheduledFor: stream.scheduledFor?.toISOString() ?? null,
    startedAt: stream.startedAt?.toISOString() ?? null,
    endedAt: stream.endedAt?.toISOString() ?? null,
    thumbnailUrl: thumbnailOf(stream, mediaBaseUrl),
  };
}

/** What strangers learn of a private stream: that it is there. */
export function describeLocked(stream: StreamRecord, mediaBaseUrl: string): Stream {
  return { ...describeStream(stream, mediaBaseUrl), title: 'Private stream' };
}

function thumbnailOf(stream: StreamRecord, mediaBaseUrl: string): string | null {
  const at = mediaLocationOf(stream);
  // An image in a list comes without cookies.
  if (!at || at.mediaAccess === 'signed' || stream.startedAt === null) return null;
  return mediaUrl(mediaBaseUrl, hlsKeys.latestThumbnail(at));
}

/** Where the stream's media is: nowhere before its first publish, nor once what was public was made private. */
export function mediaLocationOf({ id, region, mediaAccess, visibility }: StreamRecord): MediaLocation | undefined {
  const isTakenDown = visibility === 'private' && mediaAccess === 'open';
  return region === null || isTakenDown ? undefined : { region, streamId: id, mediaAccess };
}

export const mediaUrl = (mediaBaseUrl: string, key: string): string => `${mediaBaseUrl.replace(/\/$/, '')}/${key}`;
