import { z } from 'zod';
import type { Role } from '../../shared/contract';
import type { ChatPolicy } from '../../stream/contract';
import type { ChatRole, RoomSettings } from '../protocol';
import { roomSettings } from '../schema';

/** What a room goes by: who owns and moderates it, and its rules. Kept as JSON beside the room. */
export interface RoomPolicy {
  readonly channelId: string;
  readonly ownerId: string;
  readonly moderators: readonly string[];
  /** Only those whom the stream service lets watch may read. */
  readonly isPrivate: boolean;
  /** The stream has ended: nothing more is written. */
  readonly isClosed: boolean;
  readonly settings: RoomSettings;
}

const roomPolicy = z.object({
  channelId: z.string(),
  ownerId: z.string(),
  moderators: z.array(z.string()),
  isPrivate: z.boolean(),
  isClosed: z.boolean(),
  settings: roomSettings,
}) satisfies z.ZodType<RoomPolicy>;

export function fromChatPolicy(policy: ChatPolicy): RoomPolicy {
  const { slowModeSeconds, followersOnly, emoteOnly, linksAllowed, blockedWords } = policy;
  return {
    channelId: policy.channelId,
    ownerId: policy.channelOwnerId,
    moderators: [...policy.moderators].sort(),
    isPrivate: policy.visibility === 'private',
    isClosed: policy.state === 'ended' || policy.state === 'archived',
    settings: { slowModeSeconds, followersOnly, emoteOnly, linksAllowed, blockedWords },
  };
}

export function parsePolicy(json: string | undefined): RoomPolicy | undefined {
  if (json === undefined) return undefined;
  const parsed = roomPolicy.safeParse(JSON.parse(json));
  return parsed.success ? parsed.data : undefined;
}

const staff: readonly Role[] = ['moderator', 'admin'];

/** The role in this room. The platform's own moderators moderate everywhere. */
export function roleIn(policy: RoomPolicy, user: { readonly userId: string; readonly role: Role }): ChatRole {
  if (user.userId === policy.ownerId) return 'owner';
  if (staff.includes(user.role) || policy.moderators.includes(user.userId)) return 'moderator';
  return 'viewer';
}
