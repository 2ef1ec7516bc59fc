import { z } from 'zod';
import { defineRoute, defineService } from '../shared/contract';
import {
  baseEnvironment,
  mongoEnvironment,
  redisEnvironment,
  serviceIdentityEnvironment,
  tokenEnvironment,
} from '../shared/environment';
import { roomEvent, roomId, roomSettings } from './schema';

const roomParams = z.object({ streamId: roomId });

export const chatRoutes = {
  createTicket: defineRoute({
    method: 'POST',
    path: '/api/chat/tickets',
    summary: 'A single-use ticket for one room, and the address to open with it. Without a user it reads only.',
    auth: 'optional-user',
    rateLimit: 'ticket',
    cors: 'app',
    problems: ['unavailable'],
    body: z.strictObject({
      streamId: roomId,
      /** Stable per tab: spreads the viewers of a hot room over its shards. */
      seed: z.string().max(64).optional(),
      /** What lets a viewer into a private stream, as the stream service gave it. */
      access: z.string().max(500).optional(),
    }),
    responses: {
      201: z.object({
        ticket: z.string(),
        /** Path and query to open on the same origin, ticket included. */
        url: z.string(),
        /** Name of the shard that the address leads to; null where any pod serves any room. */
        shard: z.string().nullable(),
        expiresInSeconds: z.number().int(),
      }),
    },
  }),
  connect: defineRoute({
    method: 'GET',
    path: '/api/chat/ws',
    summary: 'The socket of a room, at whichever pod. The protocol is in docs/reference/chat-protocol.md.',
    auth: 'chat-ticket',
    rateLimit: 'ticket',
    cors: 'app',
    websocket: true,
    query: z.object({ streamId: roomId, ticket: z.string().optional() }),
    responses: { 101: null },
  }),
  connectShard: defineRoute({
    method: 'GET',
    path: '/api/chat/s/:ordinal/ws',
    summary: 'The socket of a room, at one shard.',
    auth: 'chat-ticket',
    rateLimit: 'ticket',
    cors: 'app',
    websocket: true,
    params: z.object({ ordinal: z.coerce.number().int().min(0).max(999) }),
    query: z.object({ streamId: roomId, ticket: z.string().optional() }),
    responses: { 101: null },
  }),
  getRoom: defineRoute({
    method: 'GET',
    path: '/api/chat/rooms/:streamId',
    summary: 'Settings and the number of open sockets of a room.',
    auth: 'optional-user',
    rateLimit: 'read',
    cors: 'app',
    problems: ['not-found', 'unavailable'],
    params: roomParams,
    responses: { 200: z.object({ settings: roomSettings, connected: z.number().int() }) },
  }),
  getHistory: defineRoute({
    method: 'GET',
    path: '/api/chat/rooms/:streamId/history',
    summary: 'The newest events of a room, oldest first. Deleted messages are tombstones.',
    auth: 'optional-user',
    rateLimit: 'read',
    cors: 'app',
    problems: ['not-found', 'unavailable'],
    params: roomParams,
    query: z.object({ limit: z.coerce.number().int().min(1).max(300).default(50) }),
    responses: {
      200: z.object({ epoch: z.string(), offset: z.number().int(), events: z.array(roomEvent) }),
    },
  }),
  listSanctions: defineRoute({
    method: 'GET',
    path: '/api/chat/rooms/:streamId/sanctions',
    summary: 'Bans and running timeouts, for moderators of the room.',
    auth: 'user',
    rateLimit: 'read',
    cors: 'app',
    problems: ['forbidden', 'not-found', 'unavailable'],
    params: roomParams,
    responses: {
      200: z.object({
        sanctions: z.array(
          z.object({
            userId: z.string(),
            handle: z.string(),
            /** Unix milliseconds; null is a ban. */
            until: z.number().nullable(),
            by: z.string(),
            reason: z.string(),
            at: z.number(),
          }),
        ),
      }),
    },
  }),
  readArchive: defineRoute({
    method: 'GET',
    path: '/api/chat/rooms/:streamId/archive',
    summary: 'All kept messages of a room, newest first, deleted ones included, for its moderators.',
    auth: 'user',
    rateLimit: 'read',
    cors: 'app',
    problems: ['forbidden', 'not-found', 'unavailable'],
    params: roomParams,
    query: z.object({
      /** Message id of the oldest that was seen: gives the next older ones. */
      before: z.string().max(64).optional(),
      userId: z.string().max(64).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    responses: {
      200: z.object({
        messages: z.array(
          z.object({
            messageId: z.string(),
            at: z.number(),
            userId: z.string(),
            handle: z.string(),
            text: z.string(),
            deleted: z.boolean(),
          }),
        ),
      }),
    },
  }),
} as const;

export const chatContract = defineService({
  name: 'chat',
  description: 'Live chat: one room per stream over WebSocket, exact recovery, moderation.',
  port: 8103,
  managementPort: 9103,
  environment: z.object({
    ...baseEnvironment,
    ...tokenEnvironment,
    ...serviceIdentityEnvironment,
    ...redisEnvironment,
    ...mongoEnvironment,
    /** Where the stream service answers processes: who owns and moderates a stream. */
    STREAM_URL: z.url(),
    /** `any-pod`: every pod serves every room. `shard`: tickets name a shard by its ordinal. */
    CHAT_ROUTING: z.enum(['any-pod', 'shard']),
    /** This pod's name. With `shard` routing it is stable and ends in the ordinal, e.g. `chat-3`. */
    POD_NAME: z.string().regex(/^[a-z0-9-]+$/),
    /** Days that messages stay readable to moderators. */
    CHAT_RETENTION_DAYS: z.coerce.number().int().min(1).max(400).default(90),
  }),
  prefixes: ['/api/chat/'],
  routes: chatRoutes,
});
