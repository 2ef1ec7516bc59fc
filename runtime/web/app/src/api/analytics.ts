import type { analyticsContract } from '../../../../analytics/contract';
import type { AnswerOf, BodyOf } from './contract-types';
import { request } from './http';

type Routes = (typeof analyticsContract)['routes'];

export type Heartbeat = BodyOf<Routes['heartbeat']>;

export const analytics = {
  heartbeat: (body: Heartbeat) =>
    request<AnswerOf<Routes['heartbeat']>>('/api/analytics/heartbeats', { method: 'POST', body }),
  /** Leaves even while the page is closing; nobody reads the answer. */
  sayGoodbye: (body: Heartbeat) =>
    navigator.sendBeacon('/api/analytics/heartbeats', new Blob([JSON.stringify(body)], { type: 'application/json' })),
  viewers: (streamId: string, signal?: AbortSignal) =>
    request<AnswerOf<Routes['getViewers']>>(`/api/analytics/streams/${streamId}/viewers`, { signal }),
};
