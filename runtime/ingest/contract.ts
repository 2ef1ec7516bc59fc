import { z } from 'zod';
import { feedFromParameter } from '../shared/broadcast';
import { defineRoute, defineService } from '../shared/contract';
import {
  baseEnvironment,
  field,
  livekitEnvironment,
  redisEnvironment,
  serviceIdentityEnvironment,
  tokenEnvironment,
} from '../shared/environment';

const environment = z.object({
  ...baseEnvironment,
  ...redisEnvironment,
  ...livekitEnvironment,
  ...serviceIdentityEnvironment,
  SERVICE_JWKS_FILE: tokenEnvironment.SERVICE_JWKS_FILE,
  /** Where encoders connect; TLS ends at the load balancer. */
  RTMP_PORT: field.port.default(1935),
  /** Whether the load balancer prefixes each RTMP connection with a PROXY protocol v2 header. */
  RTMP_PROXY_PROTOCOL: field.flag.default(false),
  /** This very process as packagers reach it, e.g. `http://<pod address>:8106`; the feed's path is added. */
  FEED_ADVERTISE_URL: z.url({ protocol: /^https?$/ }),
  /** ffmpeg 4.4 or newer, which decodes what is bridged into a LiveKit room. */
  FFMPEG_PATH: z.string().default('ffmpeg'),
  /** The home region's stream service. */
  STREAM_URL: z.url({ protocol: /^https?$/ }),
});

const nothing = z.object({});

/** Ours, random, one per WHIP session: neither LiveKit's resource nor the stream key. */
const whipResource = z.object({ resource: z.string().regex(/^[\w-]{22}$/) });

/**
 * The feed that packagers read; `GET <session.feedUrl>` reaches it.
 *
 * The body is FLV: header, the sequence headers in force, then tags from the key frame at or before `fromMs` (absent:
 * the oldest that is kept), then live. Timestamps are the session's own: they start near 0 and never run backwards on
 * a track, whatever the encoder sends. The body ends properly when the session is over and breaks off when the gate
 * dies. An encoder that changes its codec parameters or adds a track gets a new session, so that within one feed the
 * sequence headers never change. A reader that falls behind what is kept continues at the oldest key frame.
 */
const feed = defineRoute({
  method: 'GET',
  path: '/internal/feeds/:streamId',
  summary: 'The media of a live RTMP session as FLV, from a moment that is still kept',
  auth: 'service',
  rateLimit: 'none',
  cors: 'none',
  internal: true,
  params: z.object({ streamId: z.string().min(1).max(64) }),
  query: z.object({
    [feedFromParameter]: z.coerce.number().min(0).optional(),
    /** Part of the feed's address: another session's media are never given in its place. */
    session: z.uuid().optional(),
  }),
  problems: ['forbidden', 'not-found'],
  responses: { 200: 'stream' },
});

/** Names the session that a feed's timestamps belong to. */
export const feedSessionHeader = 'Headend-Session';

export const ingestContract = defineService({
  name: 'ingest',
  description: 'Takes broadcasts by RTMP and WHIP, strictly by stream key, and hands them to the packager or LiveKit.',
  port: 8106,
  managementPort: 9106,
  environment,
  prefixes: ['/whip'],
  routes: {
    publishWhip: defineRoute({
      method: 'POST',
      path: '/whip',
      summary: 'Publish by WHIP (RFC 9725): SDP offer in, SDP answer out; the stream key is the bearer token',
      auth: 'stream-key',
      rateLimit: 'publish',
      cors: 'app',
      query: nothing,
      body: z.string(),
      bodyType: 'sdp',
      responses: { 201: 'stream' },
    }),
    describeWhip: defineRoute({
      method: 'OPTIONS',
      path: '/whip',
      summary: 'What the WHIP endpoint accepts',
      auth: 'public',
      rateLimit: 'none',
      cors: 'app',
      query: nothing,
      responses: { 204: null },
    }),
    changeWhip: defineRoute({
      method: 'PATCH',
      path: '/whip/:resource',
      summary: 'Trickle ICE candidates or restart ICE',
      auth: 'stream-key',
      rateLimit: 'none',
      cors: 'app',
      params: whipResource,
      query: nothing,
      body: z.string(),
      bodyType: 'sdp',
      responses: { 200: 'stream', 204: null },
    }),
    endWhip: defineRoute({
      method: 'DELETE',
      path: '/whip/:resource',
      summary: 'End the broadcast',
      auth: 'stream-key',
      rateLimit: 'none',
      cors: 'app',
      params: whipResource,
      query: nothing,
      responses: { 200: null },
    }),
    describeWhipResource: defineRoute({
      method: 'OPTIONS',
      path: '/whip/:resource',
      summary: 'What a WHIP session accepts',
      auth: 'public',
      rateLimit: 'none',
      cors: 'app',
      params: whipResource,
      query: nothing,
      responses: { 204: null },
    }),
    feed,
  },
});
