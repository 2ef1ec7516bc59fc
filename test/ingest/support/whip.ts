import { type Encoder, h264, sources, startFfmpeg } from './encoder';

/** A real WHIP encoder: ffmpeg 8 or newer. */
export function startWhipEncoder(endpoint: string, key: string): Promise<Encoder> {
  return startFfmpeg(
    [
      ...['-hide_banner', '-nostdin', '-loglevel', 'warning', '-nostats', ...sources.picture, ...sources.tone],
      ...[...h264, '-profile:v', 'baseline', '-c:a', 'libopus', '-ar', '48000', '-ac', '2'],
      ...['-f', 'whip', '-handshake_timeout', '20000', '-authorization', key, endpoint],
    ],
    'ffmpeg-whip',
  );
}

export interface WhipCall {
  readonly bearer?: string;
  readonly origin?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export function callWhip(method: string, url: string, { bearer, origin, headers, body }: WhipCall): Promise<Response> {
  return fetch(url, {
    method,
    headers: {
      ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      ...(origin !== undefined && { origin }),
      ...headers,
    },
    ...(body !== undefined && { body }),
  });
}

/** Publishes an offer that is never followed by media: enough for whatever happens before they flow. */
export function postOffer(gateUrl: string, call: WhipCall): Promise<Response> {
  const headers = { 'content-type': 'application/sdp', ...call.headers };
  return callWhip('POST', `${gateUrl}/whip`, { body: offer, ...call, headers });
}

export const iceRestartFragment = [
  'a=ice-options:trickle ice2',
  'a=group:BUNDLE 0',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'a=mid:0',
  'a=ice-ufrag:EFGH',
  'a=ice-pwd:89abcdef0123456789abcdef',
  '',
].join('\r\n');

const fingerprint = Array.from({ length: 32 }, (_, index) => index.toString(16).padStart(2, '0').toUpperCase()).join(
  ':',
);

const offer = [
  'v=0',
  'o=- 4611686018427387904 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'a=msid-semantic: WMS *',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'c=IN IP4 0.0.0.0',
  'a=rtcp:9 IN IP4 0.0.0.0',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:0123456789abcdef01234567',
  `a=fingerprint:sha-256 ${fingerprint}`,
  'a=setup:actpass',
  'a=mid:0',
  'a=sendonly',
  'a=msid:stream video',
  'a=rtcp-mux',
  'a=rtpmap:96 H264/90000',
  'a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
  'a=ssrc:1111 cname:test',
  '',
].join('\r\n');
