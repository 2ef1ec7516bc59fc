import { createServer } from 'node:http';
import { createRedisBroker } from '../../../runtime/chat/broker/redis-broker';
import { createMemorySanctionStore } from '../../../runtime/chat/moderation/sanctions';
import { createChatService } from '../../../runtime/chat/service';
import { anyPod } from '../../../runtime/chat/shards/routing';
import { createTickets } from '../../../runtime/chat/tickets/tickets';
import { createLogger } from '../../../runtime/shared/log';
import { createRegistry } from '../../../runtime/shared/metrics';
import { Problem } from '../../../runtime/shared/problem';
import { createRateLimiter } from '../../../runtime/shared/rate-limit';
import { connectRedis } from '../../../runtime/shared/redis';
import { announce } from './announce';

/**
 * The chat service as it runs, with Redis broker, history, recovery, receipts, outbox and rate limits. Beside it, in
 * memory: who may enter (tokens are user ids), the rules of the room, and the archive, which no peer has.
 */
const port = Number(process.env.PORT);
const windowMs = process.env.WINDOW_MS === undefined ? undefined : Number(process.env.WINDOW_MS);
const log = createLogger('bench', 'warn');
const settings = { REDIS_URL: process.env.REDIS_URL ?? '', REDIS_CLUSTER: false };
const commands = connectRedis(settings, { purpose: 'commands', log });
const subscriber = connectRedis(settings, { purpose: 'subscriber', log });
const limiter = createRateLimiter(connectRedis(settings, { purpose: 'limiter', log }), log);

const service = createChatService({
  broker: createRedisBroker(commands, subscriber),
  tickets: createTickets(commands),
  policies: {
    policyOf: async () => ({
      channelId: 'ch_bench',
      ownerId: 'us_owner',
      moderators: [],
      isPrivate: false,
      isClosed: false,
      settings: { slowModeSeconds: 0, followersOnly: false, emoteOnly: false, linksAllowed: true, blockedWords: [] },
    }),
    standingOf: async () => ({ follows: true, mayWatch: true }),
  },
  sanctions: createMemorySanctionStore(),
  archive: {
    store: async () => undefined,
    find: async () => [],
    authorOf: async () => undefined,
    sweep: async () => 0,
  },
  routing: anyPod,
  // Everyone comes from one address here: connecting is not limited, publishing is.
  rateLimiter: {
    take: async (name, limit, subject) =>
      name === 'chat:connect' ? { allowed: true, retryAfterSeconds: 0 } : limiter.take(name, limit, subject),
  },
  verifyUser: async (userId) => ({ kind: 'user', userId, sessionId: 'se', role: 'viewer', handle: userId.slice(3) }),
  verifyService: async () => {
    throw new Problem('unauthenticated');
  },
  podName: 'chat-0',
  shard: null,
  allowedOrigins: [],
  trustedProxyHops: 0,
  socketsPerAddress: Number.POSITIVE_INFINITY,
  registry: createRegistry('chat'),
  log,
  now: Date.now,
  ...(windowMs !== undefined && { batchWindow: () => windowMs }),
});
const server = createServer(service.app);
server.on('upgrade', service.gateway.upgrade);
server.listen({ port, host: '127.0.0.1', backlog: 4_096 }, () => announce(port));
