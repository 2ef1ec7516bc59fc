import type { streamContract } from '../../../../stream/contract';
import type { AnswerOf, BodyOf } from './contract-types';
import { request } from './http';

type Routes = (typeof streamContract)['routes'];

export type Stream = AnswerOf<Routes['getStream']>;
export type ListedStream = AnswerOf<Routes['listLiveStreams']>['streams'][number];
export type ChannelPage = AnswerOf<Routes['getChannel']>;
export type OwnChannel = AnswerOf<Routes['listOwnChannels']>['channels'][number];
export type StreamKey = AnswerOf<Routes['listKeys']>['keys'][number];
export type NewStreamKey = AnswerOf<Routes['createKey']>;
export type IngestRegion = AnswerOf<Routes['getIngest']>['regions'][number];
export type Playback = AnswerOf<Routes['getPlayback']>;
export type StreamHealth = AnswerOf<Routes['getStreamHealth']>;

type Token = string | undefined;

const at = (handle: string) => `/api/stream/channels/${encodeURIComponent(handle)}`;
const of = (streamId: string) => `/api/stream/streams/${encodeURIComponent(streamId)}`;

export const stream = {
  listLive: (signal?: AbortSignal) => request<AnswerOf<Routes['listLiveStreams']>>('/api/stream/streams', { signal }),
  ingest: () => request<AnswerOf<Routes['getIngest']>>('/api/stream/ingest'),
  get: (streamId: string, token: Token, signal?: AbortSignal) => request<Stream>(of(streamId), { token, signal }),
  playback: (
    streamId: string,
    token: Token,
    options: { readonly transport?: 'auto' | 'hls' | 'webrtc'; readonly grant?: string } = {},
  ) => request<Playback>(`${of(streamId)}/playback?${new URLSearchParams(options)}`, { token }),
  unlock: (streamId: string, passphrase: string) =>
    request<AnswerOf<Routes['unlockStream']>>(`${of(streamId)}/unlock`, { method: 'POST', body: { passphrase } }),
  end: (streamId: string, token: Token) => request<ListedStream>(`${of(streamId)}/end`, { method: 'POST', token }),
  update: (streamId: string, body: BodyOf<Routes['updateStream']>, token: Token) =>
    request<ListedStream>(of(streamId), { method: 'PATCH', body, token }),
  health: (streamId: string, token: Token, signal?: AbortSignal) =>
    request<StreamHealth>(`${of(streamId)}/health`, { token, signal }),

  ownChannels: (token: Token) => request<AnswerOf<Routes['listOwnChannels']>>('/api/stream/channels', { token }),
  createChannel: (body: BodyOf<Routes['createChannel']>, token: Token) =>
    request<OwnChannel>('/api/stream/channels', { method: 'POST', body, token }),
  updateChannel: (handle: string, body: BodyOf<Routes['updateChannel']>, token: Token) =>
    request<OwnChannel>(at(handle), { method: 'PATCH', body, token }),
  channel: (handle: string, token: Token, signal?: AbortSignal) => request<ChannelPage>(at(handle), { token, signal }),
  channelStreams: (handle: string, token: Token, signal?: AbortSignal) =>
    request<AnswerOf<Routes['listChannelStreams']>>(`${at(handle)}/streams`, { token, signal }),
  follow: (handle: string, following: boolean, token: Token) =>
    request<void>(`${at(handle)}/follow`, { method: following ? 'PUT' : 'DELETE', token }),

  keys: (handle: string, token: Token) => request<AnswerOf<Routes['listKeys']>>(`${at(handle)}/keys`, { token }),
  createKey: (handle: string, label: string, token: Token) =>
    request<NewStreamKey>(`${at(handle)}/keys`, { method: 'POST', body: { label }, token }),
  revokeKey: (handle: string, keyId: string, token: Token) =>
    request<void>(`${at(handle)}/keys/${keyId}`, { method: 'DELETE', token }),
  rotateKey: (handle: string, keyId: string, token: Token) =>
    request<NewStreamKey>(`${at(handle)}/keys/${keyId}/rotate`, { method: 'POST', token }),
  publishToken: (handle: string, token: Token) =>
    request<AnswerOf<Routes['createPublishToken']>>(`${at(handle)}/publish-tokens`, { method: 'POST', token }),
};
