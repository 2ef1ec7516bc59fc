import type { Role } from '../../shared/contract';
import type { Logger } from '../../shared/log';
import type { Limit, RateLimiter } from '../../shared/rate-limit';
import type { Archive } from '../archive/archive';
import type { Broker, Outcome, SanctionEnd } from '../broker/broker';
import { findEmotes } from '../moderation/emotes';
import type { SanctionStore } from '../moderation/sanctions';
import { judgeText } from '../moderation/text-rules';
import type { Followers } from '../policy/followers';
import { roleIn } from '../policy/room-policy';
import { type ChatUser, type Command, type Position, type RefusalCode, refusals } from '../protocol';
import type { Room } from './room';

export interface CommandDependencies {
  readonly broker: Broker;
  readonly sanctions: SanctionStore;
  readonly archive: Archive;
  readonly followers: Followers;
  readonly rateLimiter: RateLimiter;
  readonly log: Logger;
  readonly now: () => number;
}

export interface Author {
  readonly userId: string;
  readonly handle: string;
  readonly role: Role;
}

/** A command that is not carried out. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    readonly code: RefusalCode,
    readonly retryAfterSeconds?: number,
  ) {
    super(refusals[code].detail);
  }
}

const viewerLimit: Limit = { burst: 10, perMinute: 40, subject: 'user' };
const moderatorLimit: Limit = { burst: 30, perMinute: 200, subject: 'user' };
/** What a room takes from all its viewers: more could neither be read nor paid for (docs/adr/062). */
const roomLimit: Limit = { burst: 200, perMinute: 6_000, subject: 'user' };

/** Carries out one command; returns the position of its event, or throws a {@link Refusal}. */
export async function execute(
  dependencies: CommandDependencies,
  room: Room,
  author: Author,
  command: Command,
): Promise<Position> {
  const user: ChatUser = { id: author.userId, handle: author.handle, role: roleIn(room.policy, author) };
  const act = { dependencies, room, user, receipt: `${user.id}:${command.key}` };
  switch (command.type) {
    case 'publish':
      return publish(act, command.text);
    case 'delete':
      return remove(act, command.messageId);
    case 'sanction':
      return sanction(act, command);
    case 'pardon':
      return pardon(act, command.userId);
  }
}

interface Act {
  readonly dependencies: CommandDependencies;
  readonly room: Room;
  readonly user: ChatUser;
  readonly receipt: string;
}

async function publish(act: Act, raw: string): Promise<Position> {
  const { dependencies, room, user, receipt } = act;
  const { settings, isClosed } = room.policy;
  const isExempt = user.role !== 'viewer';
  if (isClosed) throw new Refusal('room-closed');
  const verdict = judgeText(raw, settings, isExempt);
  if (!verdict.allowed) throw new Refusal(verdict.code);
  if (settings.followersOnly && !isExempt && !(await dependencies.followers.follows(room.id, user.id))) {
    throw new Refusal('followers-only');
  }
  await take(act, 'chat:publish', isExempt ? moderatorLimit : viewerLimit, user.id, 'too-fast');
  if (!isExempt) await take(act, 'chat:room', roomLimit, room.id, 'room-busy');
  const emotes = findEmotes(verdict.text);
  return settle(act, () =>
    dependencies.broker.publish(room.id, {
      author: user.id,
      receipt,
      event: JSON.stringify({ type: 'message', user, text: verdict.text, ...(emotes.length > 0 && { emotes }) }),
      slowModeMs: isExempt ? 0 : settings.slowModeSeconds * 1_000,
    }),
  );
}

async function remove(act: Act, messageId: string): Promise<Position> {
  const { dependencies, room, user, receipt } = act;
  const author = await authorOf(act, messageId);
  if (author === undefined) throw new Refusal('no-such-message');
  if (author !== user.id) requireModerator(user);
  return settle(act, () =>
    dependencies.broker.moderate(room.id, {
      receipt,
      event: JSON.stringify({ type: 'deleted', messageId, by: user.handle }),
    }),
  );
}

/** From what this pod knows, from what another pod may have told sooner, or from the archive. */
async function authorOf({ dependencies, room }: Act, messageId: string): Promise<string | undefined> {
  const known = room.authorOf(messageId);
  if (known !== undefined) return known;
  await room.catchUp();
  return room.authorOf(messageId) ?? dependencies.archive.authorOf(room.id, messageId);
}

async function sanction(act: Act, command: Extract<Command, { type: 'sanction' }>): Promise<Position> {
  const { dependencies, room, user, receipt } = act;
  requireModerator(user);
  requireRankAbove(act, command.userId);
  const at = dependencies.now();
  const end: SanctionEnd = command.seconds === undefined ? 'ban' : at + command.seconds * 1_000;
  const { userId, handle, reason = '' } = command;
  const position = await settle(act, () =>
    dependencies.broker.moderate(room.id, {
      receipt,
      event: JSON.stringify({ type: 'sanctioned', userId, handle, until: end === 'ban' ? null : end, by: user.handle }),
      effect: { type: 'sanction', userId, end },
    }),
  );
  const { channelId } = room.policy;
  await keep(act, (store) => store.put({ channelId, userId, handle, end, by: user.handle, reason, at }));
  return position;
}

async function pardon(act: Act, userId: string): Promise<Position> {
  const { dependencies, room, user, receipt } = act;
  requireModerator(user);
  const position = await settle(act, () =>
    dependencies.broker.moderate(room.id, {
      receipt,
      event: JSON.stringify({ type: 'pardoned', userId, by: user.handle }),
      effect: { type: 'pardon', userId },
    }),
  );
  await keep(act, (store) => store.remove(room.policy.channelId, userId));
  return position;
}

/** In force at once, acknowledged once it is durable: a moderator who is refused here repeats with the same key. */
async function keep({ dependencies }: Act, change: (store: SanctionStore) => Promise<void>): Promise<void> {
  try {
    await change(dependencies.sanctions);
  } catch (error) {
    dependencies.log.warn({ err: error }, 'a sanction could not be kept');
    throw new Refusal('unavailable');
  }
}

function requireModerator(user: ChatUser): void {
  if (user.role === 'viewer') throw new Refusal('not-allowed');
}

/** Nobody acts against the owner, and moderators not against each other. */
function requireRankAbove({ room, user }: Act, userId: string): void {
  const { ownerId, moderators } = room.policy;
  if (userId === ownerId || userId === user.id) throw new Refusal('not-allowed');
  if (moderators.includes(userId) && user.role !== 'owner') throw new Refusal('not-allowed');
}

async function take(
  { dependencies }: Act,
  name: string,
  limit: Limit,
  subject: string,
  code: 'too-fast' | 'room-busy',
): Promise<void> {
  const verdict = await dependencies.rateLimiter.take(name, limit, subject);
  if (!verdict.allowed) throw new Refusal(code, verdict.retryAfterSeconds);
}

/** Asks the broker, filling the room first where it has forgotten it. */
async function settle({ dependencies, room }: Act, ask: () => Promise<Outcome>): Promise<Position> {
  try {
    let outcome = await ask();
    if (outcome.kind === 'unseeded') {
      await room.seed();
      outcome = await ask();
    }
    switch (outcome.kind) {
      case 'done':
        return { epoch: outcome.epoch, offset: outcome.offset };
      case 'refused':
        throw new Refusal(outcome.code, outcome.waitMs > 0 ? outcome.waitMs / 1_000 : undefined);
      case 'unseeded':
      case 'unconfirmed':
        throw new Refusal('unavailable', 1);
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    dependencies.log.warn({ err: error, room: room.id }, 'a command found no broker');
    throw new Refusal('unavailable', 1);
  }
}
