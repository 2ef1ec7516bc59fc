import { renewEverySeconds } from '../shared/broadcast';
import { createHttpApp } from '../shared/http';
import { Problem } from '../shared/problem';
import { createRateLimiter } from '../shared/rate-limit';
import { connectRedis } from '../shared/redis';
import { repeat } from '../shared/repeat';
import { runService } from '../shared/server';
import { createServiceTokens, createServiceVerifier } from '../shared/tokens';
import { Bridge } from './bridge/bridge';
import { ingestContract } from './contract';
import { observe } from './observe';
import { createRtmpMetrics } from './rtmp/rtmp-metrics';
import { RtmpServer } from './rtmp/rtmp-server';
import { Admission } from './sessions/admission';
import { Broadcasts } from './sessions/broadcasts';
import { Capacity } from './sessions/capacity';
import { drainBroadcasts } from './sessions/drain';
import { EventOutbox } from './sessions/event-outbox';
import { FailureLimit } from './sessions/failure-limit';
import { ReconnectPasses } from './sessions/reconnect-passes';
import { Refusals } from './sessions/refusals';
import { RevocationListener } from './sessions/revocations';
import { SessionStore } from './sessions/session-store';
import { StreamService } from './sessions/stream-service';
import { createFeedHandler } from './spool/feed-handler';
import { Feeds } from './spool/feeds';
import { createWhipHandlers } from './whip/handlers';
import { LiveKitWhip } from './whip/livekit-whip';
import { Rooms } from './whip/rooms';
import { WhipPublishers } from './whip/whip-publishers';
import { WhipResources } from './whip/whip-resources';

const lastWordsMs = 3_000;

void runService(ingestContract, async ({ config, log, registry }) => {
  const { REGION: region } = config;
  let draining = false;
  const redis = connectRedis(config, { purpose: 'commands', log });
  const limiterRedis = connectRedis(config, { purpose: 'limiter', log });
  const rateLimiter = createRateLimiter(limiterRedis, log);
  const streamService = new StreamService(config.STREAM_URL, createServiceTokens('ingest', config.SERVICE_KEY_FILE));
  const outbox = new EventOutbox(streamService, log);
  const capacity = new Capacity(redis, region);
  const passes = new ReconnectPasses();
  const feeds = new Feeds();
  const refusals = new Refusals(registry);
  const store = new SessionStore(redis);
  const broadcasts = new Broadcasts({
    store,
    outbox,
    region,
    feedBaseUrl: config.FEED_ADVERTISE_URL,
    log,
  });
  const admission = new Admission({
    streamService,
    capacity,
    failures: new FailureLimit(limiterRedis, log),
    passes,
    log,
  });
  const rooms = new Rooms(config.LIVEKIT_URL, config.LIVEKIT_KEYS_FILE);
  const bridgeParts = { rooms, livekitUrl: config.LIVEKIT_URL, ffmpegPath: config.FFMPEG_PATH, log };
  const rtmp = new RtmpServer({
    admission,
    broadcasts,
    feeds,
    passes,
    refusals,
    startBridge: (session, spool) =>
      session.bridge && session.roomName !== undefined
        ? new Bridge(session, session.roomName, spool, bridgeParts)
        : undefined,
    metrics: createRtmpMetrics(registry),
    region,
    log,
    rateLimiter,
    proxyProtocol: config.RTMP_PROXY_PROTOCOL,
  });
  const revocations = new RevocationListener(
    streamService,
    (revocation) => {
      passes.revoke(revocation);
      broadcasts.stopRevoked(revocation);
    },
    log,
  );
  const livekit = new LiveKitWhip(config.LIVEKIT_URL, rooms);
  const resources = new WhipResources(redis, region);
  const publishers = new WhipPublishers({ admission, broadcasts, livekit, rooms, resources, refusals, region, log });
  const whip = createWhipHandlers({ publishers, resources, livekit, store, isDraining: () => draining });
  observe(registry, { broadcasts, feeds, revocations });

  await rtmp.listen(config.RTMP_PORT, config.BIND_ADDRESS);
  log.info({ port: config.RTMP_PORT }, 'RTMP is listening');
  const listening = revocations.run();
  const cellReports = repeat(async () => {
    try {
      const [freeSlots, sessions] = await Promise.all([capacity.freeSlots(), store.alive(region)]);
      await streamService.reportCell(region, { accepting: true, freeSlots, sessions });
    } catch (error) {
      log.warn({ err: error }, 'home could not be told of this cell');
    }
  }, renewEverySeconds * 1_000);

  return {
    app: createHttpApp({
      contract: ingestContract,
      handlers: { ...whip, feed: createFeedHandler(feeds, registry) },
      log,
      registry,
      rateLimiter,
      verifyUser: async () => {
        throw new Problem('unauthenticated');
      },
      verifyService: createServiceVerifier(config.SERVICE_JWKS_FILE),
      allowedOrigins: config.ALLOWED_ORIGINS,
      trustedProxyHops: config.TRUSTED_PROXY_HOPS,
    }),
    readiness: {
      redis: async () => {
        await redis.ping();
      },
    },
    async drain() {
      draining = true;
      await cellReports.stop();
      rtmp.stopAccepting();
      await drainBroadcasts(broadcasts, config.DRAIN_SECONDS);
    },
    async close() {
      rtmp.destroy();
      await publishers.close();
      revocations.stop();
      await listening;
      await outbox.close(lastWordsMs);
      redis.disconnect();
      limiterRedis.disconnect();
    },
  };
});
