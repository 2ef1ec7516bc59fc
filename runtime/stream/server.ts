import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { hlsStorageAddress, storageAddress } from '../shared/hls-storage';
import { createHttpApp } from '../shared/http';
import type { Logger } from '../shared/log';
import { migrate } from '../shared/migrate';
import { createPasswordHasher } from '../shared/password-hasher';
import { connectDatabase } from '../shared/postgres';
import { createRateLimiter } from '../shared/rate-limit';
import { connectRedis } from '../shared/redis';
import { type Repetition, repeat } from '../shared/repeat';
import { runService } from '../shared/server';
import { createServiceVerifier, createUserVerifier } from '../shared/tokens';
import { createBroadcastHandlers } from './broadcasts/handlers';
import { createHealthStore } from './broadcasts/health';
import { createPresence } from './broadcasts/presence';
import { type Reconciler, startReconciler } from './broadcasts/reconcile';
import { createRevocationFeed } from './broadcasts/revocation-feed';
import { createPostgresRevocationStore } from './broadcasts/revocations';
import { createCaptionHandlers } from './captions/handlers';
import { createCaptionStore } from './captions/store';
import { createChannelHandlers } from './channels/handlers';
import { createPostgresChannelStore } from './channels/postgres-store';
import { streamContract } from './contract';
import type { StreamConfig, StreamDependencies } from './dependencies';
import { createIngestHandlers } from './ingest/handlers';
import { createKeyHandlers } from './keys/handlers';
import { createPostgresKeyStore } from './keys/postgres-store';
import { createPublishTokenStore } from './keys/publish-tokens';
import { createLiveKitHandlers } from './livekit/handlers';
import { createRooms } from './livekit/rooms';
import { createLiveKitWebhooks } from './livekit/webhooks';
import { createGrants, deriveKey } from './playback/grants';
import { createPlaybackHandlers } from './playback/handlers';
import { createMediaCookies } from './playback/media-cookies';
import { createRecordingHandlers } from './recordings/handlers';
import { createMediaObjects, type RegionStorage } from './recordings/objects';
import { createRecordings } from './recordings/recordings';
import { createPostgresRecordingStore } from './recordings/store';
import { createStreamHandlers } from './streams/handlers';
import { createPostgresStreamStore } from './streams/postgres-store';
import { createCloudFrontPurge } from './takedowns/purge';
import { createPostgresTakedownStore } from './takedowns/store';
import { startTakedowns } from './takedowns/worker';
import { startDeliveries } from './webhooks/deliver';
import { createWebhookHandlers } from './webhooks/handlers';
import { createPostgresWebhookStore } from './webhooks/store';

const observeEveryMs = 60_000;
const sweepEveryMs = 3_600_000;
const keepDeliveriesMs = 30 * 86_400_000;

void runService(streamContract, async ({ config, log, registry, whenReady }) => {
  const now = () => new Date();
  const database = connectDatabase(config, log);
  const redis = connectRedis(config, { purpose: 'commands', log });
  const limiterRedis = connectRedis(config, { purpose: 'limiter', log });
  const migrated = whenReady('migrations', () => migrate(database, join(__dirname, 'migrations')));

  const streams = createPostgresStreamStore(database);
  const presence = createPresence(redis, config.REGION);
  const rooms = createRooms({
    keysFile: config.LIVEKIT_KEYS_FILE,
    apiUrls: config.LIVEKIT_API_URLS,
    clientUrls: config.LIVEKIT_CLIENT_URLS,
    log,
  });
  const mediaObjects = createMediaObjects(storages(config));
  const recordingStore = createPostgresRecordingStore(database);
  const recordings = createRecordings({
    store: recordingStore,
    streams,
    objects: mediaObjects,
    quotaGb: config.RESTORE_QUOTA_GB,
    log,
    now,
  });
  const takedowns = createPostgresTakedownStore(database);
  const webhooks = createPostgresWebhookStore(database);
  const webhookKey = () => deriveKey(config.SECRETS_KEY_FILE, 'webhooks');
  const dependencies: StreamDependencies = {
    config,
    channels: createPostgresChannelStore(database),
    keys: createPostgresKeyStore(database),
    publishTokens: createPublishTokenStore(redis),
    streams,
    health: createHealthStore(redis),
    captions: createCaptionStore(redis),
    presence,
    revocationFeed: createRevocationFeed(createPostgresRevocationStore(database), log),
    rooms,
    livekitWebhooks: createLiveKitWebhooks(config.LIVEKIT_KEYS_FILE, redis),
    recordings,
    recordingStore,
    mediaObjects,
    takedowns,
    webhooks,
    webhookKey,
    grants: createGrants(() => deriveKey(config.SECRETS_KEY_FILE, 'playback grants')),
    mediaCookies: mediaCookies(config),
    hasher: await createPasswordHasher(2, registry),
    now,
  };

  let reconciler: Reconciler | undefined;
  const background: Repetition[] = [];
  void migrated.then(() => {
    const regions = Object.keys(config.LIVEKIT_API_URLS);
    reconciler = startReconciler({ database, streams, presence, rooms, regions, log, now });
    const mediaHost = new URL(config.MEDIA_BASE_URL).host;
    const purge = config.MEDIA_CDN === 'cloudfront' ? createCloudFrontPurge(mediaHost) : undefined;
    background.push(
      reconciler,
      startTakedowns({ store: takedowns, objects: mediaObjects, purge, log, now }),
      startDeliveries({
        store: webhooks,
        key: webhookKey,
        privateTargets: config.WEBHOOK_PRIVATE_TARGETS,
        registry,
        log,
        now,
      }),
      repeatLogged('recordings were not looked at', () => recordings.observeAll(), observeEveryMs, log),
      repeatLogged(
        'old webhook deliveries were not swept',
        () => webhooks.sweep(new Date(Date.now() - keepDeliveriesMs)),
        sweepEveryMs,
        log,
      ),
    );
  });

  return {
    app: createHttpApp({
      contract: streamContract,
      handlers: {
        ...createChannelHandlers(dependencies),
        ...createKeyHandlers(dependencies),
        ...createStreamHandlers(dependencies),
        ...createIngestHandlers(dependencies),
        ...createPlaybackHandlers(dependencies),
        ...createRecordingHandlers(dependencies),
        ...createWebhookHandlers(dependencies),
        ...createBroadcastHandlers(dependencies),
        ...createCaptionHandlers(dependencies),
        ...createLiveKitHandlers(dependencies, () => reconciler?.soon()),
      },
      log,
      registry,
      rateLimiter: createRateLimiter(limiterRedis, log),
      verifyUser: createUserVerifier({ jwksUrl: config.JWKS_URL, issuer: config.TOKEN_ISSUER }),
      verifyService: createServiceVerifier(config.SERVICE_JWKS_FILE),
      allowedOrigins: config.ALLOWED_ORIGINS,
      trustedProxyHops: config.TRUSTED_PROXY_HOPS,
    }),
    readiness: {
      postgres: () => database.ping(),
      redis: async () => {
        await redis.ping();
      },
    },
    // A gate that follows the feed would hold the listener open until the deadline.
    drain: () => dependencies.revocationFeed.stop(),
    async close() {
      await Promise.all(background.map((task) => task.stop()));
      redis.disconnect();
      limiterRedis.disconnect();
      await database.close();
    },
  };
});

/** Each region's buckets; clients are made once and reached by the region's own endpoint. */
function storages(config: StreamConfig): (region: string) => RegionStorage {
  const known = new Map<string, RegionStorage>();
  return (region) => {
    const found = known.get(region);
    if (found) return found;
    const settings = { ...config, REGION: region };
    const storage = {
      client: new S3Client(storageAddress(settings)),
      recordingsBucket: config.CELL_RECORDINGS_BUCKETS[region] ?? config.RECORDINGS_BUCKET,
      hlsClient: new S3Client(hlsStorageAddress(settings)),
      hlsBucket: config.CELL_HLS_BUCKETS[region] ?? config.HLS_BUCKET,
    };
    known.set(region, storage);
    return storage;
  };
}

function mediaCookies(config: StreamConfig) {
  if (config.MEDIA_SIGNING_KEY_FILE === undefined) return undefined;
  return createMediaCookies({
    keyFile: config.MEDIA_SIGNING_KEY_FILE,
    mediaBaseUrl: config.MEDIA_BASE_URL,
    domain: config.MEDIA_COOKIE_DOMAIN,
    secure: config.MEDIA_COOKIE_SECURE,
  });
}

function repeatLogged(failure: string, work: () => Promise<void>, everyMs: number, log: Logger): Repetition {
  return repeat(() => work().catch((error: unknown) => log.warn({ err: error }, failure)), everyMs);
}
