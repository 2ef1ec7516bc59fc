import { z } from 'zod';
import {
  broadcastEvent,
  broadcastStates,
  captionCue,
  captionLanguage,
  cellReport,
  publishGrant,
  publishRequest,
  sources,
} from '../shared/broadcast';
import { defineRoute, defineService, line, paragraphs } from '../shared/contract';
import {
  baseEnvironment,
  field,
  livekitEnvironment,
  postgresEnvironment,
  redisEnvironment,
  serviceIdentityEnvironment,
  storageEnvironment,
  tokenEnvironment,
} from '../shared/environment';
import { defaultRetentionDays, retentionDays } from '../shared/media-layout';
import { isRegionName, regionNames } from '../shared/regions';

const id = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_[0-9a-z]{20}$`));

export const channelId = id('ch');
export const streamId = id('st');
export const keyId = id('ke');
export const webhookId = id('wh');
const userId = id('us');

/** 3 to 30 of a-z, 0-9, `_` and `-`, beginning with a letter. Never changes. */
const handle = z
  .string()
  .toLowerCase()
  .regex(/^[a-z][a-z0-9_-]{2,29}$/, '3 to 30 of a-z, 0-9, _ and -, beginning with a letter');

const title = line.trim().min(1).max(140);
const time = z.iso.datetime();
const retention = z.literal([...retentionDays]);

/** `unlisted`: whoever has the address; `private`: whoever has a passphrase, a signed link or the role. */
export const visibilities = ['public', 'unlisted', 'private'] as const;
export type Visibility = (typeof visibilities)[number];

/** Rules of a channel's chat; the chat service enforces them. */
export const chatRules = z.strictObject({
  /** Seconds between two messages of one person; 0 is off. */
  slowModeSeconds: z.number().int().min(0).max(120),
  followersOnly: z.boolean(),
  emoteOnly: z.boolean(),
  linksAllowed: z.boolean(),
  blockedWords: z.array(line.trim().min(1).max(60)).max(200),
});

const isDistinct = (values: readonly string[]) => new Set(values).size === values.length;

export const channelSettings = z.strictObject({
  /** What happens when a second encoder publishes while one is live. */
  onSecondPublisher: z.enum(['refuse', 'take-over']),
  /** Seconds the stream waits for its encoder to come back. */
  resumeGraceSeconds: z.number().int().min(0).max(600),
  /** Length of rewind while live; 0 is none. */
  dvrSeconds: z.number().int().min(0).max(86_400),
  record: z.boolean(),
  /** Days until a recording goes to the archive. */
  retentionDays: retention,
  /** Whether viewers may watch over WebRTC: an RTMP broadcast is then bridged into a room, for about half a core. */
  webrtcViewers: z.boolean(),
  defaultVisibility: z.enum(visibilities),
  /** Languages that the channel's broadcasts have captions in. */
  captionLanguages: z.array(captionLanguage).max(4).refine(isDistinct, 'each language once'),
  chat: chatRules,
});
export type ChannelSettings = z.infer<typeof channelSettings>;

export const defaultChannelSettings: ChannelSettings = {
  onSecondPublisher: 'refuse',
  resumeGraceSeconds: 60,
  dvrSeconds: 7_200,
  record: true,
  retentionDays: defaultRetentionDays,
  webrtcViewers: false,
  defaultVisibility: 'public',
  captionLanguages: [],
  chat: { slowModeSeconds: 0, followersOnly: false, emoteOnly: false, linksAllowed: true, blockedWords: [] },
};

/** A stream as anyone who may see it sees it. */
export const stream = z.object({
  id: streamId,
  channel: z.object({ id: channelId, handle: z.string(), title: z.string() }),
  title: z.string(),
  state: z.enum(broadcastStates),
  visibility: z.enum(visibilities),
  scheduledFor: time.nullable(),
  startedAt: time.nullable(),
  endedAt: time.nullable(),
  /** Newest picture; absent until there is one, and for private streams. */
  thumbnailUrl: z.url().nullable(),
});
export type Stream = z.infer<typeof stream>;

export const channel = z.object({
  id: channelId,
  handle: z.string(),
  title: z.string(),
  description: z.string(),
  ownerId: userId,
  followers: z.number().int(),
  createdAt: time,
});
export type Channel = z.infer<typeof channel>;

/** A channel as its owner sees it. */
export const ownChannel = channel.extend({ settings: channelSettings });

export const streamKey = z.object({
  id: keyId,
  label: z.string(),
  createdAt: time,
  lastUsedAt: time.nullable(),
  revokedAt: time.nullable(),
});

/** The secret is in this answer and nowhere else. It is what OBS calls the stream key and the WHIP bearer token. */
export const newStreamKey = streamKey.extend({ secret: z.string() });

/** One region's ingest, best first for the caller. */
export const ingestRegion = z.object({
  region: z.string(),
  displayName: z.string(),
  rtmpUrl: z.url(),
  whipUrl: z.url(),
  healthy: z.boolean(),
  /** Great-circle distance from the caller; null when the caller's place is unknown. */
  distanceKm: z.number().int().nullable(),
});

/** What a player does. The decision is `playback/decide.ts`. */
export const playback = z.discriminatedUnion('transport', [
  /** Nothing to play: not started, or ended without a replay. */
  z.object({ transport: z.literal('none'), state: z.enum(broadcastStates) }),
  z.object({
    transport: z.literal('hls'),
    state: z.enum(broadcastStates),
    /** Sliding playlist while live, whole broadcast as a replay. */
    hlsUrl: z.url(),
    /** Rewind; null when the channel has none. */
    dvrUrl: z.url().nullable(),
    /** Whether asking for `webrtc` would be granted. */
    webrtcOffered: z.boolean(),
    /** Why this transport, for the player's statistics. */
    reason: z.string(),
    /**
     * Whether media requests need the CDN cookies of this answer (`credentials: include`). They are good for ten minutes,
     * and asking again renews them.
     */
    credentials: z.boolean(),
  }),
  z.object({
    transport: z.literal('webrtc'),
    state: z.enum(broadcastStates),
    /** LiveKit signalling URL. */
    serverUrl: z.url(),
    /** LiveKit token: subscribe only, this room only. */
    token: z.string(),
    /** Where to fall back to. */
    hlsUrl: z.url(),
    dvrUrl: z.url().nullable(),
    reason: z.string(),
    credentials: z.boolean(),
  }),
]);
export type Playback = z.infer<typeof playback>;

/** The studio's view of the broadcast in progress. */
export const streamHealth = z.object({
  state: z.enum(broadcastStates),
  source: z.enum(sources).nullable(),
  region: z.string().nullable(),
  /** Seconds since the packager last said anything; null before it did. */
  ageSeconds: z.number().nullable(),
  measured: z
    .object({
      realTimeFactor: z.number(),
      uploadLagSeconds: z.number(),
      sourceKbps: z.number(),
      frameRate: z.number(),
      keyFrameSeconds: z.number(),
      activeRenditions: z.array(z.string()),
      copied: z.boolean(),
      hints: z.array(z.string()),
    })
    .nullable(),
  renditions: z.array(z.object({ name: z.string(), width: z.number().int(), height: z.number().int() })),
  /** Latest first: publishes, drops, refusals. */
  events: z.array(z.object({ at: time, type: z.string(), detail: z.string() })),
});

export const recordingStates = ['processing', 'available', 'archived', 'restoring', 'restored', 'failed'] as const;

export const recording = z.object({
  streamId,
  title: z.string(),
  state: z.enum(recordingStates),
  startedAt: time.nullable(),
  durationSeconds: z.number(),
  bytes: z.number().int(),
  width: z.number().int(),
  height: z.number().int(),
  retentionDays: retention,
  posterUrl: z.url().nullable(),
  /** Restoring: when it should be ready. */
  readyBy: time.nullable(),
  /** Restored: when the copy goes away again. */
  expiresAt: time.nullable(),
});

/** S3 Glacier Deep Archive knows these two; `standard` takes up to 12 hours, `bulk` up to 48. */
export const restoreTiers = ['standard', 'bulk'] as const;

export const restoreQuote = z.object({
  tier: z.enum(restoreTiers),
  hours: z.number().int(),
  /** US dollars for retrieval and for keeping the copy `days` days. */
  priceUsd: z.number(),
  days: z.number().int(),
  /** Bytes the caller may still restore this month, this recording included. */
  quotaBytesLeft: z.number().int(),
  allowed: z.boolean(),
});

export const webhookEvents = [
  'stream.waiting',
  'stream.live',
  'stream.interrupted',
  'stream.ended',
  'recording.ready',
] as const;

export const webhook = z.object({
  id: webhookId,
  url: z.url(),
  events: z.array(z.enum(webhookEvents)),
  createdAt: time,
  /** Off after too many failures in a row; saving it again turns it on. */
  enabled: z.boolean(),
});

/** The signing secret is in this answer and nowhere else. */
export const newWebhook = webhook.extend({ secret: z.string() });

export const webhookDelivery = z.object({
  id: z.string(),
  event: z.enum(webhookEvents),
  createdAt: time,
  attempts: z.number().int(),
  status: z.enum(['pending', 'delivered', 'given-up']),
  /** Of the latest attempt; null when nothing answered. */
  responseStatus: z.number().int().nullable(),
});

/** A cue without times begins when it arrives, and stays this long. */
export const captionStaysMs = 4_000;
const longestCaptionMs = 30_000;
const lasts = (startMs: number, endMs: number) => endMs > startMs && endMs - startMs <= longestCaptionMs;

export const newCaptionCue = z
  .strictObject({
    /** Milliseconds since the epoch; left out, now. */
    startMs: z.number().int().optional(),
    /** Left out, four seconds after the start. */
    endMs: z.number().int().optional(),
    text: paragraphs.trim().min(1).max(500),
  })
  .refine(
    ({ startMs, endMs }) => endMs === undefined || (startMs !== undefined && lasts(startMs, endMs)),
    `endMs comes after startMs, ${longestCaptionMs / 1_000} s at most`,
  );

/** What the chat service needs to know of a stream. */
export const chatPolicy = z.object({
  streamId,
  channelId,
  channelOwnerId: userId,
  state: z.enum(broadcastStates),
  visibility: z.enum(visibilities),
  moderators: z.array(userId),
  ...chatRules.shape,
});
export type ChatPolicy = z.infer<typeof chatPolicy>;

const webhookUrl = z.url({ protocol: /^https?$/ }).max(2_000);

/** `region=value,region=value`: a value per region of the fleet. */
const byRegion = (isValid: (value: string) => boolean, expected: string) =>
  z.string().transform((text, context): Readonly<Record<string, string>> => {
    const pairs = text
      .split(',')
      .filter((pair) => pair !== '')
      .map((pair): [string, string] => {
        const [name = '', value = ''] = pair.split(/=(.*)/s);
        return [name, value];
      });
    for (const [name, value] of pairs) {
      if (!isRegionName(name)) context.addIssue(`${name} is not a region`);
      if (!isValid(value)) context.addIssue(`${name} has no ${expected}`);
    }
    return Object.fromEntries(pairs);
  });

const urlByRegion = (protocol: RegExp) =>
  byRegion((value) => z.url({ protocol }).safeParse(value).success, `URL matching ${protocol}`);

const bucketByRegion = byRegion((value) => /^[a-z0-9.-]{3,63}$/.test(value), 'bucket name');

const atChannel = z.object({ handle });
const atStream = z.object({ streamId });

const publicRead = { auth: 'public', rateLimit: 'read', cors: 'any' } as const;
const ownRead = { auth: 'user', rateLimit: 'read', cors: 'app' } as const;
const ownWrite = { auth: 'user', rateLimit: 'write', cors: 'app' } as const;
const internal = { auth: 'service', rateLimit: 'none', cors: 'none', internal: true } as const;

export const streamContract = defineService({
  name: 'stream',
  description: 'Channels, streams, keys, the ingest directory, playback, recordings and webhooks.',
  port: 8102,
  managementPort: 9102,
  prefixes: ['/api/stream/'],
  environment: z.object({
    ...baseEnvironment,
    ...tokenEnvironment,
    ...serviceIdentityEnvironment,
    ...postgresEnvironment,
    ...redisEnvironment,
    ...storageEnvironment,
    LIVEKIT_KEYS_FILE: livekitEnvironment.LIVEKIT_KEYS_FILE,
    /** LiveKit's server API per region, as this process reaches it. */
    LIVEKIT_API_URLS: urlByRegion(/^https?$/),
    /** LiveKit signalling per region, as browsers reach it. */
    LIVEKIT_CLIENT_URLS: urlByRegion(/^wss?$/),
    /** What a broadcaster types into the encoder, per region, without the key. */
    INGEST_RTMP_URLS: urlByRegion(/^rtmps?$/),
    INGEST_WHIP_URLS: urlByRegion(/^https?$/),
    /** Where viewers fetch media; object keys follow. */
    MEDIA_BASE_URL: z.url({ protocol: /^https?$/ }),
    /** Buckets of the cells away from home, as `region=bucket,region=bucket`; home's are above. */
    CELL_HLS_BUCKETS: bucketByRegion.default({}),
    CELL_RECORDINGS_BUCKETS: bucketByRegion.default({}),
    /**
     * JSON `{ "keyPairId", "privateKey": RSA PEM }` that signs CDN cookies of private streams. Without it there are none.
     */
    MEDIA_SIGNING_KEY_FILE: field.secretFile.optional(),
    /** What takedowns are purged from; a CloudFront distribution is found by the host of MEDIA_BASE_URL. */
    MEDIA_CDN: z.enum(['cloudfront', 'none']).default('none'),
    /** `Domain` of the CDN cookies: the parent of web and media host; unset where both are one host. */
    MEDIA_COOKIE_DOMAIN: z.string().optional(),
    MEDIA_COOKIE_SECURE: field.flag.default(true),
    /** JSON `{ "key": base64 of 32 bytes or more }`: signs share links and unlock grants, and webhook secrets derive from it. */
    SECRETS_KEY_FILE: field.secretFile,
    /** Viewers of one stream that may watch over WebRTC at once; further ones get HLS. */
    WEBRTC_VIEWERS_PER_STREAM: z.coerce.number().int().min(0).max(10_000).default(100),
    /** WebRTC viewers in a region at once. */
    WEBRTC_VIEWERS_PER_REGION: z.coerce.number().int().min(0).default(1_000),
    /** Gigabytes of archive a channel owner may restore in a month. */
    RESTORE_QUOTA_GB: z.coerce.number().int().min(0).default(50),
    /** Whether webhooks may be sent to plain http and to private addresses. */
    WEBHOOK_PRIVATE_TARGETS: field.flag.default(false),
  }),
  routes: {
    createChannel: defineRoute({
      method: 'POST',
      path: '/api/stream/channels',
      summary: 'Create a channel.',
      ...ownWrite,
      roles: ['broadcaster', 'moderator', 'admin'],
      body: z.strictObject({
        handle,
        title,
        description: paragraphs.trim().max(2_000).default(''),
        settings: channelSettings.partial().optional(),
      }),
      problems: ['already-exists', 'conflict'],
      responses: { 201: ownChannel },
    }),
    listOwnChannels: defineRoute({
      method: 'GET',
      path: '/api/stream/channels',
      summary: 'The caller’s channels.',
      ...ownRead,
      responses: { 200: z.object({ channels: z.array(ownChannel) }) },
    }),
    getChannel: defineRoute({
      method: 'GET',
      path: '/api/stream/channels/:handle',
      summary: 'A channel and what it is streaming.',
      auth: 'optional-user',
      rateLimit: 'read',
      cors: 'app',
      params: atChannel,
      responses: {
        200: channel.extend({
          /** Live, interrupted or waiting; null otherwise, and for private streams unless the caller is the owner. */
          current: stream.nullable(),
          /** Whether the caller follows it. */
          following: z.boolean(),
          /** Present for the owner. */
          settings: channelSettings.optional(),
        }),
      },
    }),
    updateChannel: defineRoute({
      method: 'PATCH',
      path: '/api/stream/channels/:handle',
      summary: 'Change a channel; settings not named stay.',
      ...ownWrite,
      params: atChannel,
      body: z.strictObject({
        title: title.optional(),
        description: paragraphs.trim().max(2_000).optional(),
        settings: channelSettings.extend({ chat: chatRules.partial() }).partial().optional(),
      }),
      problems: ['forbidden'],
      responses: { 200: ownChannel },
    }),
    deleteChannel: defineRoute({
      method: 'DELETE',
      path: '/api/stream/channels/:handle',
      summary: 'Delete a channel, end its broadcast and remove its media.',
      ...ownWrite,
      params: atChannel,
      problems: ['forbidden'],
      responses: { 204: null },
    }),
    followChannel: defineRoute({
      method: 'PUT',
      path: '/api/stream/channels/:handle/follow',
      summary: 'Follow a channel.',
      ...ownWrite,
      params: atChannel,
      responses: { 204: null },
    }),
    unfollowChannel: defineRoute({
      method: 'DELETE',
      path: '/api/stream/channels/:handle/follow',
      summary: 'Stop following a channel.',
      ...ownWrite,
      params: atChannel,
      responses: { 204: null },
    }),
    listFollowed: defineRoute({
      method: 'GET',
      path: '/api/stream/followed',
      summary: 'Channels the caller follows, live ones first.',
      ...ownRead,
      responses: { 200: z.object({ channels: z.array(channel.extend({ current: stream.nullable() })) }) },
    }),
    listModerators: defineRoute({
      method: 'GET',
      path: '/api/stream/channels/:handle/moderators',
      summary: 'Who moderates the channel’s chat.',
      ...ownRead,
      params: atChannel,
      problems: ['forbidden'],
      responses: { 200: z.object({ moderators: z.array(z.object({ userId, grantedAt: time })) }) },
    }),
    grantModerator: defineRoute({
      method: 'PUT',
      path: '/api/stream/channels/:handle/moderators/:userId',
      summary: 'Make someone a moderator of the channel’s chat.',
      ...ownWrite,
      params: atChannel.extend({ userId }),
      problems: ['forbidden', 'conflict'],
      responses: { 204: null },
    }),
    withdrawModerator: defineRoute({
      method: 'DELETE',
      path: '/api/stream/channels/:handle/moderators/:userId',
      summary: 'Make someone an ordinary member again.',
      ...ownWrite,
      params: atChannel.extend({ userId }),
      problems: ['forbidden'],
      responses: { 204: null },
    }),

    createKey: defineRoute({
      method: 'POST',
      path: '/api/stream/channels/:handle/keys',
      summary: 'Make a stream key. Its secret is shown in this answer only.',
      ...ownWrite,
      params: atChannel,
      body: z.strictObject({ label: line.trim().min(1).max(60) }),
      problems: ['forbidden', 'conflict'],
      responses: { 201: newStreamKey },
    }),
    listKeys: defineRoute({
      method: 'GET',
      path: '/api/stream/channels/:handle/keys',
      summary: 'The channel’s stream keys, without their secrets.',
      ...ownRead,
      params: atChannel,
      problems: ['forbidden'],
      responses: { 200: z.object({ keys: z.array(streamKey) }) },
    }),
    revokeKey: defineRoute({
      method: 'DELETE',
      path: '/api/stream/channels/:handle/keys/:keyId',
      summary: 'Revoke a stream key; its broadcast stops within two seconds.',
      ...ownWrite,
      params: atChannel.extend({ keyId }),
      problems: ['forbidden'],
      responses: { 204: null },
    }),
    rotateKey: defineRoute({
      method: 'POST',
      path: '/api/stream/channels/:handle/keys/:keyId/rotate',
      summary: 'Revoke a stream key and make its successor.',
      ...ownWrite,
      params: atChannel.extend({ keyId }),
      problems: ['forbidden', 'conflict'],
      responses: { 201: newStreamKey },
    }),
    createPublishToken: defineRoute({
      method: 'POST',
      path: '/api/stream/channels/:handle/publish-tokens',
      summary: 'A short token with which a browser publishes over WHIP; used like a stream key.',
      ...ownWrite,
      params: atChannel,
      problems: ['forbidden'],
      responses: { 201: z.object({ token: z.string(), whipUrl: z.url(), expiresInSeconds: z.number().int() }) },
    }),
    getIngest: defineRoute({
      method: 'GET',
      path: '/api/stream/ingest',
      summary: 'Where to publish: regions, nearest healthy first. The first is the choice, the second the backup.',
      ...publicRead,
      responses: { 200: z.object({ regions: z.array(ingestRegion) }) },
    }),

    addCaptions: defineRoute({
      method: 'POST',
      path: '/api/stream/captions',
      summary: 'What is being said: captions for the channel’s broadcast, with its stream key.',
      auth: 'stream-key',
      rateLimit: 'captions',
      cors: 'app',
      body: z.strictObject({ language: captionLanguage, cues: z.array(newCaptionCue).min(1).max(20) }),
      problems: ['stream-key-invalid', 'stream-key-revoked', 'conflict'],
      responses: { 202: null },
    }),

    scheduleStream: defineRoute({
      method: 'POST',
      path: '/api/stream/channels/:handle/streams',
      summary: 'Prepare a stream: the next publish of the channel goes to it.',
      ...ownWrite,
      params: atChannel,
      body: z.strictObject({
        title,
        visibility: z.enum(visibilities).optional(),
        scheduledFor: time.optional(),
        /** Private streams: what viewers type. */
        passphrase: z.string().min(4).max(200).optional(),
      }),
      problems: ['forbidden', 'conflict'],
      responses: { 201: stream },
    }),
    listChannelStreams: defineRoute({
      method: 'GET',
      path: '/api/stream/channels/:handle/streams',
      summary: 'The channel’s streams, newest first; private and unlisted ones for the owner only.',
      auth: 'optional-user',
      rateLimit: 'read',
      cors: 'app',
      params: atChannel,
      query: z.strictObject({
        after: streamId.optional(),
        limit: z.coerce.number().int().min(1).max(100).default(30),
      }),
      responses: { 200: z.object({ streams: z.array(stream), next: streamId.nullable() }) },
    }),
    listLiveStreams: defineRoute({
      method: 'GET',
      path: '/api/stream/streams',
      summary: 'Public streams that are live, newest first.',
      ...publicRead,
      query: z.strictObject({
        after: streamId.optional(),
        limit: z.coerce.number().int().min(1).max(100).default(30),
      }),
      responses: { 200: z.object({ streams: z.array(stream), next: streamId.nullable() }) },
    }),
    getStream: defineRoute({
      method: 'GET',
      path: '/api/stream/streams/:streamId',
      summary: 'One stream. A private one names no title to those who may not watch it.',
      auth: 'optional-user',
      rateLimit: 'read',
      cors: 'app',
      params: atStream,
      responses: {
        200: stream.extend({
          /** Whether `unlock` takes a passphrase. */
          passphraseRequired: z.boolean(),
          /** Whether the caller owns the channel. */
          own: z.boolean(),
        }),
      },
    }),
    updateStream: defineRoute({
      method: 'PATCH',
      path: '/api/stream/streams/:streamId',
      summary: 'Change a stream. Making it private removes what the CDN has of it.',
      ...ownWrite,
      params: atStream,
      body: z.strictObject({
        title: title.optional(),
        visibility: z.enum(visibilities).optional(),
        scheduledFor: time.nullable().optional(),
        passphrase: z.string().min(4).max(200).nullable().optional(),
      }),
      problems: ['forbidden', 'conflict'],
      responses: { 200: stream },
    }),
    endStream: defineRoute({
      method: 'POST',
      path: '/api/stream/streams/:streamId/end',
      summary: 'End a broadcast now; its encoder is disconnected. Moderators and administrators may end any.',
      ...ownWrite,
      params: atStream,
      problems: ['forbidden', 'illegal-transition'],
      responses: { 200: stream },
    }),
    deleteStream: defineRoute({
      method: 'DELETE',
      path: '/api/stream/streams/:streamId',
      summary: 'Take a stream down: media and recording are removed and the CDN is purged.',
      ...ownWrite,
      params: atStream,
      problems: ['forbidden', 'conflict'],
      responses: { 204: null },
    }),
    getPlayback: defineRoute({
      method: 'GET',
      path: '/api/stream/streams/:streamId/playback',
      summary: 'How to watch: HLS or WebRTC, with what URL and token.',
      auth: 'optional-user',
      rateLimit: 'read',
      cors: 'app',
      params: atStream,
      query: z.strictObject({
        transport: z.enum(['auto', 'hls', 'webrtc']).default('auto'),
        /** Of a share link or `unlock`; private streams. */
        grant: z.string().max(500).optional(),
      }),
      problems: ['playback-locked'],
      responses: { 200: playback },
    }),
    unlockStream: defineRoute({
      method: 'POST',
      path: '/api/stream/streams/:streamId/unlock',
      summary: 'Exchange a private stream’s passphrase for a grant.',
      auth: 'public',
      rateLimit: 'login',
      cors: 'app',
      params: atStream,
      body: z.strictObject({ passphrase: z.string().min(1).max(200) }),
      problems: ['playback-locked'],
      responses: { 200: z.object({ grant: z.string(), expiresInSeconds: z.number().int() }) },
    }),
    createShareLink: defineRoute({
      method: 'POST',
      path: '/api/stream/streams/:streamId/share-links',
      summary: 'A link that lets its holder watch a private stream.',
      ...ownWrite,
      params: atStream,
      body: z.strictObject({ expiresInSeconds: z.number().int().min(60).max(2_592_000).default(86_400) }),
      problems: ['forbidden'],
      responses: { 201: z.object({ url: z.url(), grant: z.string(), expiresAt: time }) },
    }),
    getStreamHealth: defineRoute({
      method: 'GET',
      path: '/api/stream/streams/:streamId/health',
      summary: 'How the broadcast is doing, for the studio.',
      ...ownRead,
      params: atStream,
      problems: ['forbidden'],
      responses: { 200: streamHealth },
    }),

    listRecordings: defineRoute({
      method: 'GET',
      path: '/api/stream/channels/:handle/recordings',
      summary: 'The channel’s recordings, newest first.',
      ...ownRead,
      params: atChannel,
      problems: ['forbidden'],
      responses: { 200: z.object({ recordings: z.array(recording) }) },
    }),
    getRecording: defineRoute({
      method: 'GET',
      path: '/api/stream/recordings/:streamId',
      summary: 'One recording and how far its restore is.',
      ...ownRead,
      params: atStream,
      problems: ['forbidden'],
      responses: { 200: recording },
    }),
    updateRecording: defineRoute({
      method: 'PATCH',
      path: '/api/stream/recordings/:streamId',
      summary: 'Change when the recording goes to the archive.',
      ...ownWrite,
      params: atStream,
      body: z.strictObject({ retentionDays: retention }),
      problems: ['forbidden', 'conflict'],
      responses: { 200: recording },
    }),
    getRecordingDownload: defineRoute({
      method: 'GET',
      path: '/api/stream/recordings/:streamId/download',
      summary: 'A URL, good for an hour, that downloads the recording.',
      ...ownRead,
      params: atStream,
      problems: ['forbidden', 'conflict'],
      responses: { 200: z.object({ url: z.url(), expiresInSeconds: z.number().int() }) },
    }),
    archiveRecording: defineRoute({
      method: 'POST',
      path: '/api/stream/recordings/:streamId/archive',
      summary: 'Send the recording to the archive now.',
      ...ownWrite,
      params: atStream,
      problems: ['forbidden', 'illegal-transition'],
      responses: { 202: recording },
    }),
    quoteRestore: defineRoute({
      method: 'GET',
      path: '/api/stream/recordings/:streamId/restore-quotes',
      summary: 'What bringing the recording back takes: hours and price for each tier.',
      ...ownRead,
      params: atStream,
      problems: ['forbidden', 'illegal-transition'],
      responses: { 200: z.object({ quotes: z.array(restoreQuote) }) },
    }),
    restoreRecording: defineRoute({
      method: 'POST',
      path: '/api/stream/recordings/:streamId/restore',
      summary: 'Bring the recording back from the archive for some days.',
      ...ownWrite,
      params: atStream,
      body: z.strictObject({ tier: z.enum(restoreTiers), days: z.number().int().min(1).max(30).default(7) }),
      problems: ['forbidden', 'illegal-transition', 'restore-in-progress', 'quota-exceeded'],
      responses: { 202: recording },
    }),
    deleteRecording: defineRoute({
      method: 'DELETE',
      path: '/api/stream/recordings/:streamId',
      summary: 'Delete the recording. The archive bills 180 days at least; the answer says what is still owed.',
      ...ownWrite,
      params: atStream,
      problems: ['forbidden', 'conflict'],
      responses: { 200: z.object({ earlyDeletionUsd: z.number() }) },
    }),

    createWebhook: defineRoute({
      method: 'POST',
      path: '/api/stream/channels/:handle/webhooks',
      summary: 'Send the channel’s events to a URL, signed with the secret of this answer.',
      ...ownWrite,
      params: atChannel,
      body: z.strictObject({ url: webhookUrl, events: z.array(z.enum(webhookEvents)).min(1) }),
      problems: ['forbidden', 'conflict'],
      responses: { 201: newWebhook },
    }),
    listWebhooks: defineRoute({
      method: 'GET',
      path: '/api/stream/channels/:handle/webhooks',
      summary: 'The channel’s webhooks.',
      ...ownRead,
      params: atChannel,
      problems: ['forbidden'],
      responses: { 200: z.object({ webhooks: z.array(webhook) }) },
    }),
    deleteWebhook: defineRoute({
      method: 'DELETE',
      path: '/api/stream/channels/:handle/webhooks/:webhookId',
      summary: 'Stop sending events to a URL.',
      ...ownWrite,
      params: atChannel.extend({ webhookId }),
      problems: ['forbidden'],
      responses: { 204: null },
    }),
    listWebhookDeliveries: defineRoute({
      method: 'GET',
      path: '/api/stream/channels/:handle/webhooks/:webhookId/deliveries',
      summary: 'The latest fifty deliveries and how they went.',
      ...ownRead,
      params: atChannel.extend({ webhookId }),
      problems: ['forbidden'],
      responses: { 200: z.object({ deliveries: z.array(webhookDelivery) }) },
    }),
    receiveLivekitWebhook: defineRoute({
      method: 'POST',
      path: '/api/stream/webhooks/livekit',
      summary: 'LiveKit’s events; verified, de-duplicated, taken as hints.',
      auth: 'livekit-webhook',
      rateLimit: 'none',
      cors: 'none',
      bodyType: 'raw',
      problems: ['webhook-signature-invalid'],
      responses: { 204: null },
    }),

    authorizePublish: defineRoute({
      method: 'POST',
      path: '/api/stream/internal/publish-authorizations',
      summary: 'May this key publish, and to which stream? Asked by a gate before it reads media.',
      ...internal,
      body: publishRequest,
      problems: ['stream-key-invalid', 'stream-key-revoked', 'stream-already-live', 'capacity'],
      responses: { 200: publishGrant },
    }),
    reportBroadcastEvent: defineRoute({
      method: 'POST',
      path: '/api/stream/internal/broadcasts/:streamId/events',
      summary: 'What a gate or packager has to say about a broadcast. Repeats are harmless.',
      ...internal,
      params: atStream,
      body: broadcastEvent,
      problems: ['illegal-transition'],
      responses: { 204: null },
    }),
    listCaptions: defineRoute({
      method: 'GET',
      path: '/api/stream/internal/broadcasts/:streamId/captions',
      summary: 'What has been said in a broadcast after the given place; asked by its packager.',
      ...internal,
      params: atStream,
      query: z.object({
        after: z
          .string()
          .regex(/^\d+-\d+$/)
          .optional(),
      }),
      responses: {
        200: z.object({
          cues: z.array(captionCue),
          /** Where to go on; null when there is nothing new. */
          last: z.string().nullable(),
        }),
      },
    }),
    streamRevocations: defineRoute({
      method: 'GET',
      path: '/api/stream/internal/revocations',
      summary: 'Server-sent events: each revocation after the given id, then new ones as they happen.',
      ...internal,
      query: z.object({ after: z.coerce.number().int().min(0).default(0) }),
      responses: { 200: 'stream' },
    }),
    reportCell: defineRoute({
      method: 'PUT',
      path: '/api/stream/internal/cells/:region',
      summary: 'A cell away from home says what it can take and what is live in it.',
      ...internal,
      params: z.object({ region: z.enum(regionNames) }),
      body: cellReport,
      responses: { 204: null },
    }),
    getChatPolicy: defineRoute({
      method: 'GET',
      path: '/api/stream/internal/streams/:streamId/chat-policy',
      summary: 'Owner, moderators and rules of a stream’s chat.',
      ...internal,
      params: atStream,
      responses: { 200: chatPolicy },
    }),
    getChatStanding: defineRoute({
      method: 'GET',
      path: '/api/stream/internal/streams/:streamId/chat-standing/:userId',
      summary: 'Whether someone follows the channel, and whether a private stream is open to them.',
      ...internal,
      params: atStream.extend({ userId }),
      query: z.object({ grant: z.string().max(500).optional() }),
      responses: { 200: z.object({ followingSince: time.nullable(), mayWatch: z.boolean() }) },
    }),
    forgetAccount: defineRoute({
      method: 'DELETE',
      path: '/api/stream/internal/accounts/:userId',
      summary: 'An account was deleted: its channels, streams and recordings go.',
      ...internal,
      params: z.object({ userId }),
      responses: { 204: null },
    }),
  },
});
