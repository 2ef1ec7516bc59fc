import { Problem } from '../../shared/problem';
import type { UserPrincipal, Verify } from '../../shared/tokens';
import type { PolicySource } from '../policy/policy-source';
import { roleIn } from '../policy/room-policy';
import type { HelloFrame } from '../protocol';
import type { Author } from '../room/commands';
import type { Room } from '../room/room';
import type { Rooms } from '../room/rooms';
import { NoSuchRoom } from '../room/seed';
import type { TicketContent, Tickets } from '../tickets/tickets';
import { type Admission, Rejected } from './connection';
import type { SocketRequest } from './gateway';

export interface AdmissionDependencies {
  readonly rooms: Rooms;
  readonly tickets: Tickets;
  readonly policies: PolicySource;
  readonly verifyUser: Verify<UserPrincipal>;
  /** Name of this shard; null where any pod serves any room. */
  readonly shard: string | null;
  /** Where a ticket for another shard leads. */
  readonly addressOf: (content: TicketContent) => Promise<string>;
}

/** Decides who a new socket is and whether it may enter its room. Throws {@link Rejected}. */
export function createAdmission(dependencies: AdmissionDependencies) {
  const { rooms, shard, addressOf } = dependencies;
  return async (request: SocketRequest, hello: HelloFrame): Promise<Admission> => {
    const content = await identify(dependencies, request, hello);
    const isElsewhere = content.shard !== null && shard !== null && content.shard !== shard;
    if (isElsewhere && !request.wasMoved) throw new Rejected('moved', `${await addressOf(content)}&moved=1`);
    const room = await open(rooms, request.streamId);
    const { author } = content;
    if (room.policy.isPrivate) await requireMayWatch(dependencies.policies, room, content);
    if (author && room.sanctionOf(author.userId) === 'ban') throw new Rejected('banned');
    return { room, author, role: author ? roleIn(room.policy, author) : 'viewer' };
  };
}

async function identify(
  { tickets, verifyUser }: AdmissionDependencies,
  request: SocketRequest,
  hello: HelloFrame,
): Promise<TicketContent> {
  if (request.ticket !== undefined) {
    const content = await tickets.redeem(request.ticket);
    if (!content || content.streamId !== request.streamId) throw new Rejected('ticket-invalid');
    return content;
  }
  if (hello.token === undefined) throw new Rejected('unauthenticated');
  try {
    const { userId, handle, role } = await verifyUser(hello.token);
    return { streamId: request.streamId, author: { userId, handle, role }, shard: null };
  } catch (error) {
    const isTheirFault = error instanceof Problem && error.code === 'unauthenticated';
    throw new Rejected(isTheirFault ? 'unauthenticated' : 'unavailable');
  }
}

async function open(rooms: Rooms, streamId: string): Promise<Room> {
  try {
    return await rooms.get(streamId);
  } catch (error) {
    throw new Rejected(error instanceof NoSuchRoom ? 'no-such-room' : 'unavailable');
  }
}

/** Who may not watch a private stream is not told that it exists. */
async function requireMayWatch(
  policies: PolicySource,
  room: Room,
  { author, access }: { readonly author: Author | null; readonly access?: string | undefined },
): Promise<void> {
  if (!author) throw new Rejected('no-such-room');
  if (roleIn(room.policy, author) !== 'viewer') return;
  const { mayWatch } = await policies.standingOf(room.id, author.userId, access);
  if (!mayWatch) throw new Rejected('no-such-room');
}
