import { connectMongo } from '../shared/mongo';
import { createRateLimiter } from '../shared/rate-limit';
import { connectRedis } from '../shared/redis';
import { repeat } from '../shared/repeat';
import { runService } from '../shared/server';
import { createServiceTokens, createServiceVerifier, createUserVerifier } from '../shared/tokens';
import { repeatUntilDone } from '../shared/until-done';
import { analyticsContract } from './contract';
import { createEventIndexes, createMongoEventStore, sweepExpired } from './events/event-store';
import { createMinuteIndexes, createMinutes } from './minutes/minutes';
import { createOwnerLookup } from './owners';
import { createAnalyticsService } from './service';
import { createRedisViewerCounts } from './viewers/viewer-counts';

const flushMs = 1_000;
const snapshotMs = 10_000;
const sweepMs = 3_600_000;
/** Minutes are kept so many times as long as single reports. */
const minuteRetentionFactor = 10;

runService(analyticsContract, async ({ config, log, registry }) => {
  const commands = connectRedis(config, { purpose: 'commands', log });
  const limiter = connectRedis(config, { purpose: 'limiter', log });
  const mongo = connectMongo(config, log);
  const retentionDays = config.ANALYTICS_RETENTION_DAYS;
  const service = createAnalyticsService({
    viewers: createRedisViewerCounts(commands),
    minutes: createMinutes(commands, mongo, retentionDays * minuteRetentionFactor),
    events: createMongoEventStore(mongo, retentionDays),
    owners: createOwnerLookup(config.STREAM_URL, createServiceTokens('analytics', config.SERVICE_KEY_FILE)),
    region: config.REGION,
    now: Date.now,
    log,
    registry,
    rateLimiter: createRateLimiter(limiter, log),
    verifyUser: createUserVerifier({ jwksUrl: config.JWKS_URL, issuer: config.TOKEN_ISSUER }),
    verifyService: createServiceVerifier(config.SERVICE_JWKS_FILE),
    allowedOrigins: config.ALLOWED_ORIGINS,
    trustedProxyHops: config.TRUSTED_PROXY_HOPS,
  });
  const indexes = repeatUntilDone('indexes of the document store', log, async () => {
    await createEventIndexes(mongo);
    await createMinuteIndexes(mongo);
  });
  const sweep = async () => {
    await sweepExpired(mongo, Date.now()).catch((error: unknown) => log.warn({ err: error }, 'nothing was swept'));
  };
  const repetitions = [
    repeat(() => service.flush(), flushMs),
    repeat(() => service.snapshot(), snapshotMs),
    repeat(sweep, sweepMs),
  ];
  let hasSeenRedis = false;
  return {
    app: service.app,
    readiness: {
      // Later outages are survived: heartbeats are answered from memory until Redis is back.
      redis: async () => {
        if (!hasSeenRedis) await commands.exists('viewers:{ready}');
        hasSeenRedis = true;
      },
    },
    async close() {
      indexes.stop();
      for (const repetition of repetitions) await repetition.stop();
      await service.flush();
      await service.snapshot();
      for (const client of [commands, limiter]) client.disconnect();
      await mongo.close();
    },
  };
});
