import type { Express } from 'express';
import { createHttpApp } from '../shared/http';
import type { Logger } from '../shared/log';
import type { Registry } from '../shared/metrics';
import type { RateLimiter } from '../shared/rate-limit';
import type { ServicePrincipal, UserPrincipal, Verify } from '../shared/tokens';
import type { Archive } from './archive/archive';
import { createArchiver } from './archive/archiver';
import type { Broker } from './broker/broker';
import { createAdmission } from './connection/admission';
import { Gateway } from './connection/gateway';
import { chatContract } from './contract';
import { createHandlers, issueTicket } from './handlers';
import { createChatMetrics } from './metrics';
import type { SanctionStore } from './moderation/sanctions';
import { createFollowers } from './policy/followers';
import type { PolicySource } from './policy/policy-source';
import { execute, Refusal } from './room/commands';
import type { RoomDependencies } from './room/room';
import { Rooms } from './room/rooms';
import { createSeed } from './room/seed';
import type { Routing } from './shards/routing';
import type { Tickets } from './tickets/tickets';

export interface ChatDependencies {
  readonly broker: Broker;
  readonly tickets: Tickets;
  readonly policies: PolicySource;
  readonly sanctions: SanctionStore;
  readonly archive: Archive;
  readonly routing: Routing;
  readonly rateLimiter: RateLimiter;
  readonly verifyUser: Verify<UserPrincipal>;
  readonly verifyService: Verify<ServicePrincipal>;
  readonly podName: string;
  /** Name of this shard; null where any pod serves any room. */
  readonly shard: string | null;
  readonly allowedOrigins: readonly string[];
  readonly trustedProxyHops: number;
  readonly socketsPerAddress: number;
  readonly registry: Registry;
  readonly log: Logger;
  readonly now: () => number;
  readonly batchWindow?: RoomDependencies['batchWindow'];
}

export interface ChatService {
  readonly app: Express;
  readonly gateway: Gateway;
  /** Archives what is not archived and closes everything. */
  close(): Promise<void>;
}

/** Composes the service. It listens to nothing: requests and upgrades come from whoever owns the listener. */
export function createChatService(dependencies: ChatDependencies): ChatService {
  const { broker, policies, sanctions, archive, routing, tickets, rateLimiter, log, now } = dependencies;
  const archiver = createArchiver(broker, archive, dependencies.podName, log);
  const metrics = createChatMetrics(dependencies.registry);
  const rooms = new Rooms({
    broker,
    policies,
    log,
    now,
    podName: dependencies.podName,
    seed: createSeed({ broker, policies, sanctions, log, now }),
    requestArchive: (room) => archiver.request(room),
    onFanOut: metrics.countFanOut,
    ...(dependencies.batchWindow && { batchWindow: dependencies.batchWindow }),
  });
  const followers = createFollowers(policies, now);
  const commands = { broker, sanctions, archive, followers, rateLimiter, log, now };
  const gateway = new Gateway({
    ...dependencies,
    admit: createAdmission({
      rooms,
      tickets,
      policies,
      verifyUser: dependencies.verifyUser,
      shard: dependencies.shard,
      addressOf: async (content) => (await issueTicket({ tickets, routing }, content)).url,
    }),
    execute: async (room, author, command) => {
      const stop = metrics.timeCommand(command.type);
      try {
        const position = await execute(commands, room, author, command);
        stop('done');
        return position;
      } catch (error) {
        stop(error instanceof Refusal ? error.code : 'failed');
        throw error;
      }
    },
    onOpen: metrics.countOpen,
    onEnd: metrics.countEnd,
  });
  metrics.observe({ sockets: () => gateway.size, rooms: () => rooms.size });
  const app = createHttpApp({
    contract: chatContract,
    handlers: createHandlers({ rooms, tickets, routing, sanctions, archive, now }),
    log,
    registry: dependencies.registry,
    rateLimiter,
    verifyUser: dependencies.verifyUser,
    verifyService: dependencies.verifyService,
    allowedOrigins: dependencies.allowedOrigins,
    trustedProxyHops: dependencies.trustedProxyHops,
  });
  return {
    app,
    gateway,
    async close() {
      gateway.close();
      await archiver.drain();
      await rooms.close();
    },
  };
}
