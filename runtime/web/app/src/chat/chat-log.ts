import { type ChatUser, messageId, type RoomEvent } from '../../../../chat/protocol';

export interface ChatLine {
  readonly id: string;
  readonly user: ChatUser;
  readonly text: string;
  readonly removed: boolean;
}

/** What memory and a reader can bear; older lines go. */
export const mostLines = 500;

/** Applies the next events of one epoch to the lines on screen. Pure. */
export function applyEvents(
  lines: readonly ChatLine[],
  events: readonly RoomEvent[],
  epoch: string,
): readonly ChatLine[] {
  return events.reduce((shown, event) => applyEvent(shown, event, event.epoch ?? epoch), lines).slice(-mostLines);
}

function applyEvent(lines: readonly ChatLine[], event: RoomEvent, epoch: string): readonly ChatLine[] {
  switch (event.type) {
    case 'message': {
      const { user, text, deleted, offset } = event;
      return [...lines, { id: messageId(epoch, offset), user, text, removed: deleted === true }];
    }
    case 'deleted':
      return lines.map((line) => (line.id === event.messageId ? { ...line, text: '', removed: true } : line));
    case 'sanctioned':
      return lines.map((line) => (line.user.id === event.userId ? { ...line, text: '', removed: true } : line));
    case 'pardoned':
    case 'settings':
      return lines;
  }
}

/** A steady hue per author. */
export function authorHue(userId: string): number {
  let hash = 0;
  for (const character of userId) hash = (hash * 31 + character.charCodeAt(0)) % 360;
  return hash;
}
