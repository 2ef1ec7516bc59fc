import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import { createMongoArchive } from '../../../runtime/chat/archive/archive';
import { createMemoryBroker } from '../../../runtime/chat/broker/memory-broker';
import { createRedisBroker } from '../../../runtime/chat/broker/redis-broker';
import { type ChatClient, type ChatClientOptions, connectChat } from '../../../runtime/chat/client/client';
import { createMongoSanctionStore } from '../../../runtime/chat/moderation/sanctions';
import type { PolicySource, Standing } from '../../../runtime/chat/policy/policy-source';
import type { RoomPolicy } from '../../../runtime/chat/policy/room-policy';
import type { RoomEvent } from '../../../runtime/chat/protocol';
import { type ChatDependencies, type ChatService, createChatService } from '../../../runtime/chat/service';
import { anyPod } from '../../../runtime/chat/shards/routing';
import { createTickets } from '../../../runtime/chat/tickets/tickets';
import type { Role } from '../../../runtime/shared/contract';
import { createLogger } from '../../../runtime/shared/log';
import { createRegistry } from '../../../runtime/shared/metrics';
import { connectMongo } from '../../../runtime/shared/mongo';
import { Problem } from '../../../runtime/shared/problem';
import { createLocalRateLimiter } from '../../../runtime/shared/rate-limit';
import { connectRedis } from '../../../runtime/shared/redis';

export const silent = createLogger('test', process.env.TEST_LOG_LEVEL ?? 'silent');

/** Stands in for the stream service, which has its own tests: rules of streams, and an outage. */
export class PolicyBoard implements PolicySource {
  readonly policies = new Map<string, RoomPolicy>();
  readonly standings = new Map<string, Standing>();
  isAway = false;

  set(streamId: string, change: Partial<RoomPolicy> = {}): void {
    this.policies.set(streamId, { ...openPolicy, ...change });
  }

  async policyOf(streamId: string): Promise<RoomPolicy | undefined> {
    if (this.isAway) throw new Error('the stream service is away');
    return this.policies.get(streamId);
  }

  async standingOf(_streamId: string, userId: string): Promise<Standing> {
    if (this.isAway) throw new Error('the stream service is away');
    return this.standings.get(userId) ?? { follows: false, mayWatch: false };
  }
}

export const openPolicy: RoomPolicy = {
  channelId: 'ch_1',
  ownerId: 'us_owner',
  moderators: ['us_mod'],
  isPrivate: false,
  isClosed: false,
  settings: { slowModeSeconds: 0, followersOnly: false, emoteOnly: false, linksAllowed: true, blockedWords: [] },
};

export interface ChatPod {
  readonly service: ChatService;
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

export interface ChatServers {
  readonly redis: { readonly url: string; readonly cluster: boolean };
  readonly mongo: { readonly url: string };
}

/** A chat pod in this process, over real servers. Tokens are `<user id>` or `<user id>/<role>`. */
export async function startChatPod(
  servers: ChatServers,
  policies: PolicySource,
  change: Partial<ChatDependencies> = {},
): Promise<ChatPod> {
  const settings = { REDIS_URL: servers.redis.url, REDIS_CLUSTER: servers.redis.cluster };
  const commands = connectRedis(settings, { purpose: 'commands', log: silent });
  const subscriber = connectRedis(settings, { purpose: 'subscriber', log: silent });
  const mongo = connectMongo({ MONGO_URL: servers.mongo.url, MONGO_DATABASE: 'chat' }, silent);
  const generous = createLocalRateLimiter(1_000);
  const service = createChatService({
    broker: createRedisBroker(commands, subscriber),
    tickets: createTickets(commands),
    policies,
    sanctions: createMongoSanctionStore(mongo),
    archive: createMongoArchive(mongo, 30),
    routing: anyPod,
    rateLimiter: generous,
    verifyUser: async (token) => {
      const [userId = '', role = 'viewer'] = token.split('~');
      if (!userId.startsWith('us_')) throw new Problem('unauthenticated');
      return { kind: 'user', userId, sessionId: 'se_1', role: role as Role, handle: userId.slice(3) };
    },
    verifyService: async () => {
      throw new Problem('unauthenticated');
    },
    podName: 'chat-0',
    shard: null,
    allowedOrigins: ['https://headend.example'],
    trustedProxyHops: 0,
    socketsPerAddress: 10_000,
    registry: createRegistry('chat'),
    log: silent,
    now: Date.now,
    ...change,
  });
  const server = createServer(service.app);
  server.on('upgrade', service.gateway.upgrade);
  await listen(server);
  const { port } = server.address() as AddressInfo;
  return {
    service,
    port,
    url: `http://127.0.0.1:${port}`,
    async stop() {
      await service.close();
      server.closeAllConnections();
      server.close();
      commands.disconnect();
      subscriber.disconnect();
      await mongo.close();
    },
  };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

/** A pod whose broker keeps everything and tells it nothing. */
export function startDeafPod(servers: ChatServers, policies: PolicySource): Promise<ChatPod> {
  return startChatPod(servers, policies, {
    broker: { ...createMemoryBroker(), subscribe: async () => async () => undefined },
  });
}

/** A client that remembers what it was told, as a page would show it. */
export class Visitor {
  readonly events: { readonly epoch: string; readonly event: RoomEvent }[] = [];
  readonly states: string[] = [];
  readonly recoveries: boolean[] = [];
  connected = 0;
  closedBecause = '';
  readonly client: ChatClient;

  constructor(url: string, streamId: string, token?: string, change: Partial<ChatClientOptions> = {}) {
    this.client = connectChat({
      baseUrl: url,
      streamId,
      webSocket: WebSocket as never,
      accessToken: async () => token,
      onState: (state, detail) => {
        this.states.push(state);
        if (state === 'closed') this.closedBecause = detail;
      },
      onWelcome: ({ recovered, connected }) => {
        this.recoveries.push(recovered);
        this.connected = connected;
      },
      onHistory: (events, epoch) => {
        this.events.length = 0;
        this.add(events, epoch);
      },
      onEvents: (events, epoch) => this.add(events, epoch),
      onPresence: (connected) => {
        this.connected = connected;
      },
      ...change,
    });
  }

  get texts(): string[] {
    return this.events.flatMap(({ event }) => (event.type === 'message' ? [event.text] : []));
  }

  private add(events: readonly RoomEvent[], epoch: string): void {
    for (const event of events) this.events.push({ epoch: event.epoch ?? epoch, event });
  }
}

/** Waits for a condition that comes true by itself, and fails when it does not. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, deadlineMs = 15_000): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
