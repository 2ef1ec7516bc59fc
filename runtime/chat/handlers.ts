import { withinDeadline } from '../shared/deadline';
import type { Handlers } from '../shared/http';
import { Problem } from '../shared/problem';
import type { UserPrincipal } from '../shared/tokens';
import type { Archive } from './archive/archive';
import type { chatContract } from './contract';
import type { SanctionStore } from './moderation/sanctions';
import { roleIn } from './policy/room-policy';
import type { RoomEvent } from './protocol';
import type { Room } from './room/room';
import type { Rooms } from './room/rooms';
import { NoSuchRoom } from './room/seed';
import type { Routing } from './shards/routing';
import { type TicketContent, type Tickets, ticketSeconds } from './tickets/tickets';

/** Requests do not pile up behind a store that hangs. */
const answerDeadlineMs = 3_000;

export interface HandlerDependencies {
  readonly rooms: Rooms;
  readonly tickets: Tickets;
  readonly routing: Routing;
  readonly sanctions: SanctionStore;
  readonly archive: Archive;
  readonly now: () => number;
}

export function createHandlers(dependencies: HandlerDependencies): Handlers<typeof chatContract> {
  const { rooms, routing, sanctions, archive, now } = dependencies;
  return {
    async createTicket({ body, principal, address }) {
      const { streamId, access, seed = principal?.userId ?? address } = body;
      const author = principal ? { userId: principal.userId, handle: principal.handle, role: principal.role } : null;
      const shard = await routing.choose(streamId, seed);
      const { ticket, url } = await issueTicket(dependencies, { streamId, author, access, shard });
      return { status: 201, body: { ticket, url, shard, expiresInSeconds: ticketSeconds } };
    },
    async getRoom({ params, principal }) {
      const room = await readableRoom(rooms, params.streamId, principal);
      return { status: 200, body: { settings: room.policy.settings, connected: room.connected } };
    },
    async getHistory({ params, query, principal }) {
      const room = await readableRoom(rooms, params.streamId, principal);
      const { epoch, offset, events } = room.recent(query.limit);
      return { status: 200, body: { epoch, offset, events: events.map((json) => JSON.parse(json) as RoomEvent) } };
    },
    async listSanctions({ params, principal }) {
      const room = await moderatedRoom(rooms, params.streamId, principal);
      const running = await unlessAway(sanctions.list(room.policy.channelId, now()));
      return {
        status: 200,
        body: {
          sanctions: running.map(({ userId, handle, end, by, reason, at }) => {
            return { userId, handle, until: end === 'ban' ? null : end, by, reason, at };
          }),
        },
      };
    },
    async readArchive({ params, query, principal }) {
      const room = await moderatedRoom(rooms, params.streamId, principal);
      return { status: 200, body: { messages: [...(await unlessAway(archive.find(room.id, query)))] } };
    },
  };
}

/** A new ticket, and the address that it opens. */
export async function issueTicket(
  { tickets, routing }: Pick<HandlerDependencies, 'tickets' | 'routing'>,
  content: TicketContent,
): Promise<{ readonly ticket: string; readonly url: string }> {
  const ticket = await unlessAway(tickets.issue(content));
  const query = new URLSearchParams({ streamId: content.streamId, ticket });
  return { ticket, url: `${routing.pathTo(content.shard)}?${query}` };
}

async function openRoom(rooms: Rooms, streamId: string): Promise<Room> {
  try {
    return await withinDeadline(rooms.get(streamId), answerDeadlineMs, () => new Error('the room does not open'));
  } catch (error) {
    if (error instanceof NoSuchRoom) throw new Problem('not-found');
    throw away(error);
  }
}

/** A private stream's room is read over a socket, which checks who may watch; here only by those who moderate it. */
async function readableRoom(rooms: Rooms, streamId: string, user: UserPrincipal | undefined): Promise<Room> {
  const room = await openRoom(rooms, streamId);
  if (room.policy.isPrivate && (!user || roleIn(room.policy, user) === 'viewer')) throw new Problem('not-found');
  return room;
}

async function moderatedRoom(rooms: Rooms, streamId: string, user: UserPrincipal): Promise<Room> {
  const room = await openRoom(rooms, streamId);
  if (roleIn(room.policy, user) === 'viewer') throw new Problem('forbidden');
  return room;
}

function away(cause: unknown): Problem {
  return new Problem('unavailable', undefined, { retryAfterSeconds: 2, cause });
}

async function unlessAway<T>(work: Promise<T>): Promise<T> {
  try {
    return await withinDeadline(work, answerDeadlineMs, () => new Error(`no answer within ${answerDeadlineMs} ms`));
  } catch (error) {
    throw away(error);
  }
}
