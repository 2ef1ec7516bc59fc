import { useEffect, useRef, useState } from 'react';
import { type ChatClient, type ChatState, connectChat } from '../../../../chat/client/client';
import type { ChatUser, RoomSettings } from '../../../../chat/protocol';
import { useSession } from '../session';
import { applyEvents, type ChatLine } from './chat-log';

export interface Chat {
  readonly state: ChatState;
  /** Why it is not open. */
  readonly detail: string;
  readonly lines: readonly ChatLine[];
  /** Null may read only. */
  readonly you: ChatUser | null;
  readonly settings: RoomSettings | undefined;
  readonly client: ChatClient | undefined;
}

const nothing: Chat = {
  state: 'connecting',
  detail: '',
  lines: [],
  you: null,
  settings: undefined,
  client: undefined,
};

/** The chat of one stream. Reconnects when the visitor signs in or out. */
export function useChat(streamId: string, access: string | undefined): Chat {
  const { user, token } = useSession();
  const [chat, setChat] = useState<Chat>(nothing);
  const accessToken = useRef(token);
  accessToken.current = token;
  const signedInAs = user?.id;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another visitor needs another connection
  useEffect(() => {
    if (user === undefined) return;
    const update = (change: (previous: Chat) => Partial<Chat>) =>
      setChat((previous) => ({ ...previous, ...change(previous) }));
    const client = connectChat({
      streamId,
      accessToken: () => accessToken.current(),
      ...(access !== undefined && { access }),
      onState: (state, detail) => update(() => ({ state, detail })),
      onWelcome: ({ you, settings }) => update(() => ({ you, settings })),
      onHistory: (events, epoch) => update(() => ({ lines: applyEvents([], events, epoch) })),
      onEvents: (events, epoch) =>
        update(({ lines, settings }) => ({
          lines: applyEvents(lines, events, epoch),
          settings: events.findLast((event) => event.type === 'settings')?.settings ?? settings,
        })),
    });
    setChat({ ...nothing, client });
    return () => client.close();
  }, [streamId, access, signedInAs, user === undefined]);

  return chat;
}
