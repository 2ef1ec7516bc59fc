import { connectMongo } from '../shared/mongo';
import { createRateLimiter } from '../shared/rate-limit';
import { connectRedis } from '../shared/redis';
import { repeat } from '../shared/repeat';
import { runService } from '../shared/server';
import { createServiceTokens, createServiceVerifier, createUserVerifier } from '../shared/tokens';
import { repeatUntilDone } from '../shared/until-done';
import { createArchiveIndexes, createMongoArchive } from './archive/archive';
import { createRedisBroker } from './broker/redis-broker';
import { chatContract } from './contract';
import { createMongoSanctionStore, createSanctionIndexes } from './moderation/sanctions';
import { createPolicySource } from './policy/policy-source';
import { createChatService } from './service';
import { joinShards } from './shards/membership';
import { anyPod, createShardRouting } from './shards/routing';
import { createTickets } from './tickets/tickets';

/** Sockets of one address at one pod; offices and campuses share an address. */
const socketsPerAddress = 500;
const archiveSweepMs = 3_600_000;
/** Of the time given for draining, what is left for closing after everyone was sent away. */
const closingSeconds = 5;
const longestDrainSeconds = 30;

runService(chatContract, async ({ config, log, registry }) => {
  const commands = connectRedis(config, { purpose: 'commands', log });
  const subscriber = connectRedis(config, { purpose: 'subscriber', log });
  const limiter = connectRedis(config, { purpose: 'limiter', log });
  const mongo = connectMongo(config, log);
  const now = Date.now;
  const broker = createRedisBroker(commands, subscriber);
  const archive = createMongoArchive(mongo, config.CHAT_RETENTION_DAYS);
  const isSharded = config.CHAT_ROUTING === 'shard';
  const membership = isSharded
    ? joinShards(commands, { shard: config.POD_NAME, sockets: () => service.gateway.size, log })
    : undefined;
  const service = createChatService({
    broker,
    archive,
    tickets: createTickets(commands),
    policies: createPolicySource(config.STREAM_URL, createServiceTokens('chat', config.SERVICE_KEY_FILE)),
    sanctions: createMongoSanctionStore(mongo),
    routing: membership ? createShardRouting(membership, broker, now) : anyPod,
    rateLimiter: createRateLimiter(limiter, log),
    verifyUser: createUserVerifier({ jwksUrl: config.JWKS_URL, issuer: config.TOKEN_ISSUER }),
    verifyService: createServiceVerifier(config.SERVICE_JWKS_FILE),
    podName: config.POD_NAME,
    shard: isSharded ? config.POD_NAME : null,
    allowedOrigins: config.ALLOWED_ORIGINS,
    trustedProxyHops: config.TRUSTED_PROXY_HOPS,
    socketsPerAddress,
    registry,
    log,
    now,
  });
  const indexes = repeatUntilDone('indexes of the document store', log, async () => {
    await createArchiveIndexes(mongo);
    await createSanctionIndexes(mongo);
  });
  const sweeper = repeat(async () => {
    await archive.sweep(now()).catch((error: unknown) => log.warn({ err: error }, 'old messages were not swept'));
  }, archiveSweepMs);

  let hasSeenRedis = false;
  return {
    app: service.app,
    upgrade: service.gateway.upgrade,
    readiness: {
      // Later outages are survived: sockets stay, and a pod that leaves the balancer helps nobody.
      redis: async () => {
        if (!hasSeenRedis) await commands.exists('chat:{ready}');
        hasSeenRedis = true;
      },
    },
    async drain() {
      await membership?.leave().catch((error: unknown) => log.warn({ err: error }, 'left without saying so'));
      const seconds = Math.min(longestDrainSeconds, Math.max(0, config.DRAIN_SECONDS - closingSeconds));
      await service.gateway.drain(seconds * 1_000);
    },
    async close() {
      await sweeper.stop();
      indexes.stop();
      membership?.close();
      await service.close();
      for (const client of [commands, subscriber, limiter]) client.disconnect();
      await mongo.close();
    },
  };
});
