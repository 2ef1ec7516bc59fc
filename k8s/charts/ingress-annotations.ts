import type { Annotations } from './ingress-host';

/**
 * The open-source controller reloads NGINX when an endpoint of a Service changes, and a reload ends WebSockets in time.
 * Behind the Service's own address it does not look at endpoints at all.
 */
const behindServiceAddress: Annotations = { 'nginx.org/use-cluster-ip': 'true' };

const request: Annotations = {
  'nginx.org/client-max-body-size': '1m',
  'nginx.org/proxy-connect-timeout': '5s',
  'nginx.org/proxy-read-timeout': '30s',
  'nginx.org/proxy-send-timeout': '30s',
};

/** A flood is turned away before it costs a service anything. The exact limits are the services' own, in Redis. */
const floodLimit = (perSecond: number): Annotations => ({
  // biome-ignore lint/suspicious/noTemplateCurlyInString: NGINX's variable, not ours
  'nginx.org/limit-req-key': '${binary_remote_addr}',
  'nginx.org/limit-req-zone-size': '10m',
  'nginx.org/limit-req-rate': `${perSecond}r/s`,
  'nginx.org/limit-req-burst': String(4 * perSecond),
  'nginx.org/limit-req-no-delay': 'true',
  'nginx.org/limit-req-reject-code': '429',
  'nginx.org/limit-req-scale': 'true',
});

/** Sockets idle between messages; clients send a ping well within this. */
const socket = (services: readonly string[]): Annotations => ({
  'nginx.org/websocket-services': services.join(','),
  'nginx.org/proxy-read-timeout': '3600s',
  'nginx.org/proxy-send-timeout': '3600s',
});

export const apiAnnotations: Annotations = { ...request, ...behindServiceAddress };

export const authAnnotations: Annotations = { ...apiAnnotations, ...floodLimit(20) };

/** Any pod serves any room; the hash only brings the sockets of one room together. It needs the pods' own addresses. */
export const chatAnnotations: Annotations = {
  ...request,
  ...floodLimit(50),
  ...socket(['chat']),
  'nginx.org/lb-method': 'hash $arg_streamId consistent',
};

/** Each path names its shard, so nothing is left to balance. */
export function chatShardAnnotations(services: readonly string[]): Annotations {
  return { ...apiAnnotations, ...floodLimit(50), ...socket(services) };
}

export const signallingAnnotations: Annotations = { ...apiAnnotations, ...socket(['livekit']) };
