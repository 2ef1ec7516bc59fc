import { randomUUID } from 'node:crypto';
import {
  type BroadcastEvent,
  type PublishGrant,
  type PublishSession,
  type Revocation,
  renewEverySeconds,
  type Source,
} from '../../shared/broadcast';
import type { Logger } from '../../shared/log';
import { Problem } from '../../shared/problem';
import { ingestContract } from '../contract';
import type { EventOutbox } from './event-outbox';
import type { SessionStore } from './session-store';

export type StopReason = Extract<BroadcastEvent, { type: 'publish-stopped' }>['reason'];

/** The side of a publisher that can be told to stop. It answers by closing its broadcast with the same reason. */
export interface Publisher {
  stop(reason: StopReason, sentence: string): void;
}

/** A publisher that has its stream. */
export interface Broadcast {
  readonly session: PublishSession;
  /** Media have begun: a packager is wanted. */
  startWork(): void;
  /** The same publisher goes on with other codec parameters. Resolves when packagers can see the new session. */
  beginSession(): Promise<void>;
  /** The first call counts. */
  close(reason: StopReason): void;
}

export interface BroadcastsOptions {
  readonly store: SessionStore;
  readonly outbox: EventOutbox;
  readonly region: string;
  /** Base address of this gate's feeds. */
  readonly feedBaseUrl: string;
  readonly log: Logger;
}

interface Live extends Broadcast {
  readonly publisher: Publisher;
  session: PublishSession;
  /** Id under which Redis has it. */
  heldAs: string;
  working: boolean;
  closed: boolean;
}

const mostHeard = 1_000;

/** Every broadcast that publishes through this gate: its session in Redis, its work for packagers, its events. */
export class Broadcasts {
  private readonly live = new Set<Live>();
  /** Revocations that may have overtaken a yes from home; keys and streams never come back from one. */
  private readonly heard: Revocation[] = [];
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly options: BroadcastsOptions) {
    this.timer = setInterval(() => this.renewAll(), renewEverySeconds * 1_000).unref();
  }

  count(source: Source): number {
    return [...this.live].filter(({ session }) => session.source === source).length;
  }

  /** Takes the stream for a publisher. Throws {@link Problem} `stream-already-live`, `unavailable`. */
  async open(grant: PublishGrant, source: Source, publisher: Publisher): Promise<Broadcast> {
    const session = this.describe(grant, source);
    if (!(await this.claim(session, grant.onSecondPublisher))) throw new Problem('stream-already-live');
    if (this.heard.some((revocation) => concerns(revocation, session))) {
      await this.options.store.release(session, false);
      throw new Problem('stream-key-revoked');
    }
    for (const other of this.live) {
      if (other.session.streamId === grant.streamId) other.publisher.stop('replaced', sentences.replaced);
    }
    const live = this.keep(session, publisher);
    this.announce(live);
    return live;
  }

  /** Keeps the session of a publisher whose gate has gone. Undefined when that gate is there, or the session over. */
  async adopt(session: PublishSession, publisher: Publisher): Promise<Broadcast | undefined> {
    return (await this.options.store.adopt(session)) ? this.keep(session, publisher) : undefined;
  }

  private keep(session: PublishSession, publisher: Publisher): Live {
    const live: Live = {
      publisher,
      session,
      heldAs: session.sessionId,
      working: false,
      closed: false,
      startWork: () => {
        live.working = true;
        this.requestWork(live);
      },
      beginSession: () => this.beginSession(live),
      close: (reason) => this.close(live, reason),
    };
    this.live.add(live);
    return live;
  }

  /** Without a stream the key is no longer good; with one, the stream was ended from outside. */
  stopRevoked(revocation: Revocation): void {
    this.heard.push(revocation);
    if (this.heard.length > mostHeard) this.heard.shift();
    const reason = revocation.streamId === null ? 'revoked' : 'ended';
    for (const { session, publisher } of this.live) {
      if (concerns(revocation, session)) publisher.stop(reason, sentences[reason]);
    }
  }

  /** Sends RTMP encoders elsewhere. Publishers in rooms need no gate for their media: another one adopts them. */
  leave(): void {
    clearInterval(this.timer);
    for (const { session, publisher } of this.live) {
      if (session.source === 'rtmp') publisher.stop('lost', sentences.restart);
    }
  }

  private describe(grant: PublishGrant, source: Source): PublishSession {
    const { roomName, onSecondPublisher: _policy, ...stream } = grant;
    const sessionId = randomUUID();
    return {
      ...stream,
      sessionId,
      source,
      region: this.options.region,
      ...(source === 'rtmp' && { feedUrl: this.feedUrl(grant.streamId, sessionId) }),
      ...((source === 'room' || grant.bridge) && { roomName }),
      startedAtMs: Date.now(),
    };
  }

  private feedUrl(streamId: string, sessionId: string): string {
    const path = ingestContract.routes.feed.path.replace(':streamId', encodeURIComponent(streamId));
    const url = new URL(path, this.options.feedBaseUrl);
    url.searchParams.set('session', sessionId);
    return url.href;
  }

  private async claim(session: PublishSession, mode: PublishGrant['onSecondPublisher']): Promise<boolean> {
    try {
      return await this.options.store.claim(session, mode);
    } catch (error) {
      throw new Problem('unavailable', 'The broadcast cannot begin right now. Try again in a few seconds.', {
        cause: error,
      });
    }
  }

  private announce({ session: { streamId, sessionId, source, region } }: Live): void {
    this.options.outbox.send(streamId, { type: 'publish-started', sessionId, source, region });
  }

  private async beginSession(live: Live): Promise<void> {
    const sessionId = randomUUID();
    const feedUrl = this.feedUrl(live.session.streamId, sessionId);
    live.session = { ...live.session, sessionId, feedUrl, startedAtMs: Date.now() };
    this.announce(live);
    await this.renew(live);
  }

  private renewAll(): void {
    for (const live of this.live) {
      void this.renew(live);
      // Again and again: a packager that ended the stream just as its encoder came back has taken it out.
      if (live.working) this.requestWork(live);
    }
  }

  /** While Redis is away the broadcast goes on; packagers keep what they hold for longer than a fail-over takes. */
  private async renew(live: Live): Promise<void> {
    const { session, heldAs, publisher } = live;
    if (live.closed) return;
    try {
      const renewal = await this.options.store.renew(session, heldAs);
      if (renewal === 'held') live.heldAs = session.sessionId;
      else if (!live.closed) publisher.stop(renewal, sentences[renewal]);
    } catch (error) {
      this.options.log.warn({ err: error, streamId: session.streamId }, 'a session could not be renewed');
    }
  }

  private requestWork({ session }: Live): void {
    this.options.store.requestWork(session).catch((error: unknown) => {
      this.options.log.warn({ err: error, streamId: session.streamId }, 'packagers could not be asked');
    });
  }

  private close(live: Live, reason: StopReason): void {
    if (live.closed) return;
    live.closed = true;
    this.live.delete(live);
    const { session } = live;
    this.options.outbox.send(session.streamId, { type: 'publish-stopped', sessionId: session.sessionId, reason });
    this.options.store.release(session, reason === 'ended').catch((error: unknown) => {
      this.options.log.warn({ err: error, streamId: session.streamId }, 'a session is left to expire');
    });
  }
}

const concerns = ({ keyId, streamId }: Revocation, session: PublishSession) =>
  session.keyId === keyId && (streamId === null || streamId === session.streamId);

const sentences = {
  replaced: 'Another encoder took over this stream.',
  ended: 'The stream was ended.',
  revoked: 'The stream key was revoked.',
  restart: 'The server restarts; connect again.',
} as const;
