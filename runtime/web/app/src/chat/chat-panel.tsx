import { type CSSProperties, type FormEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Link, useLocation } from 'react-router';
import { type ChatClient, ChatRefusal, type ChatState } from '../../../../chat/client/client';
import { longestText } from '../../../../chat/protocol';
import { authorHue, type ChatLine } from './chat-log';
import { useChat } from './use-chat';

const stateText: Record<ChatState, string> = {
  connecting: 'connecting',
  open: 'live',
  waiting: 'reconnecting',
  closed: 'closed',
};

export function ChatPanel({ streamId, access }: { readonly streamId: string; readonly access: string | undefined }) {
  const { state, detail, lines, you, settings, client } = useChat(streamId, access);
  const moderates = you !== null && you.role !== 'viewer';
  return (
    <section className="chat" aria-label="Chat">
      <header>
        <h2>Chat</h2>
        <span className={`badge ${state === 'open' ? 'good' : ''}`} title={detail}>
          {stateText[state]}
        </span>
      </header>
      <Lines lines={lines} moderation={moderates ? client : undefined} />
      <MessageForm
        client={client}
        mayWrite={you !== null}
        slowModeSeconds={moderates ? 0 : (settings?.slowModeSeconds ?? 0)}
      />
    </section>
  );
}

/** Within this distance of the end, new lines are followed. */
const followPixels = 60;

interface LinesProps {
  readonly lines: readonly ChatLine[];
  /** Present for moderators. */
  readonly moderation: ChatClient | undefined;
}

function Lines({ lines, moderation }: LinesProps) {
  const list = useRef<HTMLOListElement>(null);
  const [following, setFollowing] = useState(true);

  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls when lines arrive
  useLayoutEffect(() => {
    if (following) list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [lines, following]);

  const onScroll = () => {
    const element = list.current;
    if (element) setFollowing(element.scrollHeight - element.scrollTop - element.clientHeight < followPixels);
  };

  return (
    <ol className="lines" ref={list} onScroll={onScroll} aria-live="polite">
      {lines.map((line) => (
        <Line key={line.id} line={line} moderation={moderation} />
      ))}
      {!following && (
        <li>
          <button type="button" className="newer" onClick={() => setFollowing(true)}>
            Newest messages ↓
          </button>
        </li>
      )}
    </ol>
  );
}

const timeoutSeconds = 600;

function Line({ line, moderation }: { readonly line: ChatLine; readonly moderation: ChatClient | undefined }) {
  const { user, text, removed, id } = line;
  const [failure, setFailure] = useState<string>();
  const attempt = (work: Promise<unknown>) => {
    work.then(
      () => setFailure(undefined),
      (error: Error) => setFailure(error.message),
    );
  };
  const style = { '--author': `hsl(${authorHue(user.id)} 70% 62%)` } as CSSProperties;
  return (
    <li style={style}>
      <span className="author">{user.handle}</span>
      {removed ? <span className="removed">message removed</span> : text}
      {moderation && !removed && (
        <span className="tools">
          <button type="button" className="plain" onClick={() => attempt(moderation.delete(id))}>
            Delete
          </button>
          <button type="button" className="plain" onClick={() => attempt(moderation.sanction(user, timeoutSeconds))}>
            Time out
          </button>
          <button type="button" className="plain" onClick={() => attempt(moderation.sanction(user))}>
            Ban
          </button>
        </span>
      )}
      {failure !== undefined && <span className="removed"> {failure}</span>}
    </li>
  );
}

interface MessageFormProps {
  readonly client: ChatClient | undefined;
  readonly mayWrite: boolean;
  readonly slowModeSeconds: number;
}

function MessageForm({ client, mayWrite, slowModeSeconds }: MessageFormProps) {
  const { pathname } = useLocation();
  const [text, setText] = useState('');
  const [refusal, setRefusal] = useState<string>();
  const [waitSeconds, startWait] = useCountdown();

  if (!mayWrite) {
    return (
      <form>
        <Link className="button" to={`/sign-in?next=${encodeURIComponent(pathname)}`}>
          Sign in to chat
        </Link>
      </form>
    );
  }
  const send = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const message = text.trim();
    if (!client || message === '') return;
    setText('');
    setRefusal(undefined);
    try {
      await client.publish(message);
      startWait(slowModeSeconds);
    } catch (error) {
      setText(message);
      setRefusal(error instanceof Error ? error.message : String(error));
      if (error instanceof ChatRefusal) startWait(error.retryAfterSeconds ?? 0);
    }
  };
  return (
    <form onSubmit={send}>
      <div className="grow">
        <input
          aria-label="Message"
          placeholder="Say something"
          value={text}
          maxLength={longestText}
          autoComplete="off"
          onChange={(event) => setText(event.target.value)}
        />
        {refusal !== undefined && <small role="alert">{refusal}</small>}
      </div>
      <button type="submit" className="primary" disabled={waitSeconds > 0}>
        {waitSeconds > 0 ? `${waitSeconds} s` : 'Send'}
      </button>
    </form>
  );
}

/** Whole seconds left, and how to start it. */
function useCountdown(): [number, (seconds: number) => void] {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    if (seconds <= 0) return;
    const timer = window.setTimeout(() => setSeconds(seconds - 1), 1_000);
    return () => window.clearTimeout(timer);
  }, [seconds]);
  return [seconds, (from) => setSeconds(Math.ceil(from))];
}
