import { z } from 'zod';
import {
  type ChatUser,
  type ClientFrame,
  chatRoles,
  type EmoteUse,
  type RoomEvent,
  type RoomSettings,
} from './protocol';

/** The protocol's types as schemas: client frames are checked by them, history answers described by them. */

export const roomId = z.string().regex(/^[\w-]{1,64}$/, 'expected letters, digits, - and _');
const userId = z.string().min(1).max(64);
const key = z.string().regex(/^[\w-]{1,64}$/, 'expected letters, digits, - and _');
const epoch = z.string().regex(/^[\w-]{1,32}$/);
const offset = z.number().int().min(0);

const position = z.strictObject({ epoch, offset });

export const roomSettings = z.object({
  slowModeSeconds: z.number().int(),
  followersOnly: z.boolean(),
  emoteOnly: z.boolean(),
  linksAllowed: z.boolean(),
  blockedWords: z.array(z.string()).readonly(),
}) satisfies z.ZodType<RoomSettings>;

export const clientFrame = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('hello'),
    protocol: z.number().int(),
    token: z.string().max(4_096).optional(),
    recover: position.optional(),
  }),
  z.strictObject({ type: z.literal('publish'), key, text: z.string() }),
  z.strictObject({ type: z.literal('delete'), key, messageId: z.string().max(64) }),
  z.strictObject({
    type: z.literal('sanction'),
    key,
    userId,
    handle: z.string().min(1).max(64),
    seconds: z
      .number()
      .int()
      .min(1)
      .max(14 * 86_400)
      .optional(),
    reason: z.string().max(200).optional(),
  }),
  z.strictObject({ type: z.literal('pardon'), key, userId }),
]) satisfies z.ZodType<ClientFrame>;

const chatUser = z.object({
  id: z.string(),
  handle: z.string(),
  role: z.enum(chatRoles),
}) satisfies z.ZodType<ChatUser>;

const emoteUse = z.object({
  id: z.string(),
  start: z.number().int(),
  end: z.number().int(),
}) satisfies z.ZodType<EmoteUse>;

const sequenced = { offset, at: z.number(), epoch: epoch.optional() };
const by = z.string();

const messageEvent = z.object({
  ...sequenced,
  type: z.literal('message'),
  user: chatUser,
  text: z.string(),
  emotes: z.array(emoteUse).readonly().optional(),
  deleted: z.literal(true).optional(),
});

export const roomEvent = z.discriminatedUnion('type', [
  messageEvent,
  z.object({ ...sequenced, type: z.literal('deleted'), messageId: z.string(), by }),
  z.object({
    ...sequenced,
    type: z.literal('sanctioned'),
    userId: z.string(),
    handle: z.string(),
    until: z.number().nullable(),
    by,
  }),
  z.object({ ...sequenced, type: z.literal('pardoned'), userId: z.string(), by }),
  z.object({ ...sequenced, type: z.literal('settings'), settings: roomSettings }),
]) satisfies z.ZodType<RoomEvent>;
