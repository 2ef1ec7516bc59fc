import { hlsKeys } from '../../shared/media-layout';
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

function thumbnailOf({ id, region, startedAt, visibility }: StreamRecord, mediaBaseUrl: string): string | null {
  if (region === null || startedAt === null || visibility === 'private') return null;
  return mediaUrl(mediaBaseUrl, hlsKeys.latestThumbnail({ region, streamId: id }));
}

export const mediaUrl = (mediaBaseUrl: string, key: string): string => `${mediaBaseUrl.replace(/\/$/, '')}/${key}`;
