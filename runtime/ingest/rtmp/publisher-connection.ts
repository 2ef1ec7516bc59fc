import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { PublishGrant, PublishSession } from '../../shared/broadcast';
import type { Logger } from '../../shared/log';
import { Problem } from '../../shared/problem';
import type { Admission } from '../sessions/admission';
import type { Broadcast, Broadcasts, Publisher, StopReason } from '../sessions/broadcasts';
import type { ReconnectPasses } from '../sessions/reconnect-passes';
import type { Refusals } from '../sessions/refusals';
import type { Feed, Feeds } from '../spool/feeds';
import type { Spool } from '../spool/spool';
import { MediaFlow, UnsupportedCodec } from './media-flow';
import { Pace } from './pace';
import { ProtocolError } from './protocol-error';
import { type PublisherEvent, PublisherProtocol, type Refusal } from './publisher-protocol';
import { toRefusal } from './refusal';
import type { RtmpMetrics } from './rtmp-metrics';

export interface PublisherConnectionParts {
  readonly admission: Admission;
  readonly broadcasts: Broadcasts;
  readonly feeds: Feeds;
  readonly passes: ReconnectPasses;
  readonly refusals: Refusals;
  /** For sessions that are to be seen by WebRTC too. */
  readonly startBridge: (session: PublishSession, spool: Spool) => { stop(): void } | undefined;
  readonly metrics: RtmpMetrics;
  readonly region: string;
  readonly log: Logger;
}

export interface ConnectionDeadlines {
  /** From the connection to the publish command. */
  readonly commandsMs: number;
  /** From the publish command to the decision: the stream service's 3 s and what Redis may take. */
  readonly decisionMs: number;
  /** Without media. Shorter than encoders wait before they give up on a dead connection. */
  readonly idleMs: number;
  /** From our goodbye to the cut: encoders look for an answer when they send, and a busy one sends late. */
  readonly lingerMs: number;
}

export const deadlines: ConnectionDeadlines = {
  commandsMs: 10_000,
  decisionMs: 5_000,
  idleMs: 10_000,
  lingerMs: 5_000,
};

/** What a peer that does not read may make us hold. */
const mostUnsentBytes = 256 * 1024;

/** One publisher: its socket, its protocol, its media, and its broadcast from the accepted key to the end. */
export class PublisherConnection implements Publisher {
  private readonly protocol = new PublisherProtocol(randomBytes);
  private readonly flow = new MediaFlow((spool) => this.beginFeed(spool));
  private readonly pace = new Pace();
  /** Of the phase that the connection is in. */
  private timer: NodeJS.Timeout;
  private grant: PublishGrant | undefined;
  private streamKey = '';
  private broadcast: Broadcast | undefined;
  private feed: Feed | undefined;
  private bridge: { stop(): void } | undefined;
  private over = false;

  constructor(
    private readonly socket: Socket,
    private readonly address: string,
    private readonly parts: PublisherConnectionParts,
    private readonly limits: ConnectionDeadlines = deadlines,
  ) {
    this.timer = setTimeout(() => this.abandon('it published nothing in time'), limits.commandsMs);
    socket.setNoDelay(true);
    socket.on('data', (bytes) => this.receive(bytes));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.finish('lost'));
  }

  /** The platform ends the broadcast. */
  stop(reason: StopReason, sentence: string): void {
    this.refuse({ code: 'NetStream.Publish.Denied', description: sentence }, reason);
  }

  private receive(bytes: Buffer): void {
    this.parts.metrics.received.inc(bytes.length);
    if (this.over) return;
    this.guard(() => this.obey(this.protocol.receive(bytes)));
    this.keepPace();
  }

  /** Runs what the peer's bytes cause, and ends the connection for what they did wrong. */
  private guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (error instanceof UnsupportedCodec) {
        this.parts.refusals.count('rtmp', 'unsupported-codec');
        this.refuse({ code: 'NetStream.Publish.Denied', description: error.message }, 'refused');
      } else if (error instanceof ProtocolError) {
        this.abandon(error.message);
      } else {
        // One publisher's bytes must not end the others' broadcasts.
        this.parts.log.error({ err: error }, 'a publisher’s bytes were not understood');
        this.abandon('it could not be understood');
      }
    }
  }

  private obey(events: readonly PublisherEvent[]): void {
    for (const event of events) {
      if (this.over) return;
      switch (event.type) {
        case 'send':
          this.send(event.bytes);
          break;
        case 'publish':
          void this.decide(event.streamKey);
          break;
        case 'media':
          this.timer.refresh();
          this.flow.receive(event.kind, event.timestamp, event.payload, performance.now());
          break;
        case 'unpublish':
          this.finish('ended');
          this.linger();
          break;
        case 'rejected':
          this.parts.refusals.count('rtmp', 'invalid-request');
          this.finish('refused');
          this.linger();
          break;
      }
    }
  }

  /** Reads nothing more until the key and the stream are the publisher's. */
  private async decide(streamKey: string): Promise<void> {
    const { admission, broadcasts, refusals, region, metrics, log } = this.parts;
    this.socket.pause();
    this.setTimer(this.limits.decisionMs, () => {
      refusals.count('rtmp', 'unavailable');
      this.refuse(toRefusal(new Problem('unavailable', 'The broadcast cannot begin right now. Try again.')), 'refused');
    });
    const decided = metrics.decision.startTimer();
    try {
      this.grant = await admission.admit({ streamKey, protocol: 'rtmp', region, clientAddress: this.address });
      if (this.over) return;
      this.streamKey = streamKey;
      const broadcast = await broadcasts.open(this.grant, 'rtmp', this);
      decided();
      this.begin(broadcast);
    } catch (error) {
      if (this.over) return;
      const reason = error instanceof Problem ? error.code : 'internal';
      refusals.count('rtmp', reason);
      if (reason === 'internal') log.error({ err: error }, 'a publisher could not be admitted');
      this.refuse(toRefusal(error), 'refused');
    }
  }

  private begin(broadcast: Broadcast): void {
    if (this.over) {
      broadcast.close('lost');
      return;
    }
    this.broadcast = broadcast;
    this.setTimer(this.limits.idleMs, () => this.abandon('no media came in time'));
    const { streamId, keyId, sessionId } = broadcast.session;
    this.parts.log.info({ streamId, keyId, sessionId, source: 'rtmp' }, 'a broadcast begins');
    this.guard(() => this.obey(this.protocol.accept()));
    this.socket.resume();
  }

  private beginFeed(spool: Spool): void {
    const { broadcast, feed: before } = this;
    if (!broadcast) return;
    if (!before) broadcast.startWork();
    const visible = before ? broadcast.beginSession() : Promise.resolve();
    const { streamId, sessionId } = broadcast.session;
    this.feed = { sessionId, spool };
    this.parts.feeds.set(streamId, this.feed);
    this.bridge?.stop();
    this.bridge = this.parts.startBridge(broadcast.session, spool);
    // Readers of the old feed are sent away when they can find the new session.
    if (before) void visible.then(() => before.spool.end());
  }

  private setTimer(milliseconds: number, action: () => void): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(action, milliseconds);
  }

  private keepPace(): void {
    const delayMs = this.pace.delayMs(this.flow.mediaMs, performance.now());
    if (delayMs === 0 || this.over) return;
    this.socket.pause();
    setTimeout(() => this.socket.resume(), delayMs);
  }

  private send(bytes: Buffer): void {
    this.socket.write(bytes);
    if (this.socket.writableLength > mostUnsentBytes) throw new ProtocolError('it does not read what it is sent');
  }

  private refuse(refusal: Refusal, reason: StopReason): void {
    if (this.over) return;
    for (const event of this.protocol.refuse(refusal)) if (event.type === 'send') this.socket.write(event.bytes);
    this.finish(reason);
    this.linger();
  }

  /** The peer is not worth a word, or would not understand one. */
  private abandon(why: string): void {
    if (!this.over) {
      this.parts.metrics.abandoned.inc();
      // Strangers' attempts are many and say little; a broadcaster's lost connection is news.
      const level = this.broadcast ? 'info' : 'debug';
      this.parts.log[level]({ address: this.address, why }, 'an RTMP connection is cut');
    }
    this.finish('lost');
    this.socket.destroy();
  }

  /**
   * Says goodbye and reads on into nothing for a moment: a socket closed over unread bytes is reset, and the peer may
   * lose the reason it was sent.
   */
  private linger(): void {
    this.socket.end();
    this.socket.resume();
    setTimeout(() => this.socket.destroy(), this.limits.lingerMs);
  }

  private finish(reason: StopReason): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    const { broadcast, feed, grant } = this;
    if (!broadcast) return;
    const { streamId, sessionId } = broadcast.session;
    broadcast.close(reason);
    if (feed) this.parts.feeds.end(streamId, feed);
    this.bridge?.stop();
    if (reason === 'lost' && grant) this.parts.passes.issue(this.streamKey, grant);
    this.streamKey = '';
    this.parts.metrics.repaired.inc(this.flow.repairedTimestamps);
    this.parts.log.info({ streamId, sessionId, reason }, 'a broadcast stops');
  }
}
