import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { roles } from '../../shared/contract';
import type { RedisClient } from '../../shared/redis';
import type { Author } from '../room/commands';

export const ticketSeconds = 30;

const ticketContent = z.object({
  streamId: z.string(),
  author: z.object({ userId: z.string(), handle: z.string(), role: z.enum(roles) }).nullable(),
  access: z.string().optional(),
  shard: z.string().nullable(),
});

export interface TicketContent {
  readonly streamId: string;
  /** Null may only read. */
  readonly author: Author | null;
  /** What lets the author into a private stream. */
  readonly access?: string | undefined;
  /** Where the ticket leads; null is any pod. */
  readonly shard: string | null;
}

/** Single-use admissions, so that no access token stands in an address. */
export interface Tickets {
  issue(content: TicketContent): Promise<string>;
  /** Nothing for a ticket that is unknown, expired or was used before. */
  redeem(ticket: string): Promise<TicketContent | undefined>;
}

export function createTickets(redis: RedisClient): Tickets {
  const keyOf = (ticket: string) => `chat:ticket:{${ticket}}`;
  return {
    async issue(content) {
      const ticket = randomBytes(24).toString('base64url');
      await redis.set(keyOf(ticket), JSON.stringify(content), 'EX', ticketSeconds);
      return ticket;
    },
    async redeem(ticket) {
      if (!/^[\w-]{32}$/.test(ticket)) return undefined;
      const content = await redis.getdel(keyOf(ticket));
      return content === null ? undefined : ticketContent.parse(JSON.parse(content));
    },
  };
}
