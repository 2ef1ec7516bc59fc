import { type PublishGrant, publisherIdentity, renewEverySeconds } from '../../shared/broadcast';
import type { Logger } from '../../shared/log';
import { Problem } from '../../shared/problem';
import { type Repetition, repeat } from '../../shared/repeat';
import type { Admission } from '../sessions/admission';
import type { Broadcast, Broadcasts, StopReason } from '../sessions/broadcasts';
import type { Refusals } from '../sessions/refusals';
import type { LiveKitWhip, WhipSession } from './livekit-whip';
import type { Rooms, Seat } from './rooms';
import { digestOf, type WhipResources } from './whip-resources';

export interface WhipPublishersParts {
  readonly admission: Admission;
  readonly broadcasts: Broadcasts;
  readonly livekit: LiveKitWhip;
  readonly rooms: Rooms;
  readonly resources: WhipResources;
  readonly refusals: Refusals;
  readonly region: string;
  readonly log: Logger;
}

/** ICE and DTLS may take this long before LiveKit shows the publisher in its room. */
const arrivalMs = 20_000;

export interface PublishedWhip extends WhipSession {
  /** What the client is told in `Location`. */
  readonly id: string;
}

interface WhipPublisher {
  readonly broadcast: Broadcast;
  readonly seat: Seat;
  readonly resourceId: string;
  readonly sinceMs: number;
  seen: boolean;
}

/** The publishers that came by WHIP through this gate: their media go to LiveKit, their sessions are kept here. */
export class WhipPublishers {
  private readonly publishers = new Map<string, WhipPublisher>();
  private readonly watch: Repetition;

  constructor(private readonly parts: WhipPublishersParts) {
    this.watch = repeat(() => this.lookAfterAll(), renewEverySeconds * 1_000);
  }

  /** Throws the {@link Problem} that keeps this offer from becoming a broadcast. */
  async publish(streamKey: string, clientAddress: string, offer: string): Promise<PublishedWhip> {
    const { admission, refusals, region } = this.parts;
    try {
      const grant = await admission.admit({ streamKey, protocol: 'whip', region, clientAddress });
      return await this.begin(grant, streamKey, offer);
    } catch (error) {
      refusals.count('whip', error instanceof Problem ? error.code : 'internal');
      throw error;
    }
  }

  private async begin(grant: PublishGrant, streamKey: string, offer: string): Promise<PublishedWhip> {
    let id: string | undefined;
    let stoppedEarly: StopReason | undefined;
    const broadcast = await this.parts.broadcasts.open(grant, 'room', {
      stop: (reason) => {
        if (id === undefined) stoppedEarly = reason;
        else void this.stop(id, reason);
      },
    });
    const { streamId, sessionId } = broadcast.session;
    const seat = { roomName: grant.roomName, identity: publisherIdentity(sessionId) };
    const session = await this.takeSeat(seat, broadcast, streamKey, offer);
    id = session.id;
    if (stoppedEarly) {
      await this.stop(id, stoppedEarly);
      throw new Problem('conflict', 'The broadcast was ended while it began.');
    }
    broadcast.startWork();
    this.parts.log.info({ streamId, sessionId, source: 'room' }, 'a broadcast begins');
    return session;
  }

  private async takeSeat(seat: Seat, broadcast: Broadcast, streamKey: string, offer: string): Promise<PublishedWhip> {
    const { rooms, livekit, resources } = this.parts;
    try {
      await rooms.ensure(seat.roomName);
      const session = await livekit.publish(seat, offer);
      const bearerDigest = digestOf(streamKey);
      const record = { session: broadcast.session, ...seat, upstream: session.resource, bearerDigest };
      const id = await resources.create(record);
      this.publishers.set(id, { broadcast, seat, resourceId: id, sinceMs: Date.now(), seen: false });
      return { ...session, id };
    } catch (error) {
      broadcast.close('refused');
      await rooms.remove(seat).catch(() => undefined);
      throw error;
    }
  }

  /** Whether the resource belongs to a publisher of this gate. */
  has(resourceId: string): boolean {
    return this.publishers.has(resourceId);
  }

  async stop(resourceId: string, reason: StopReason): Promise<void> {
    const publisher = this.publishers.get(resourceId);
    if (!publisher) return;
    this.publishers.delete(resourceId);
    const { broadcast, seat } = publisher;
    const { streamId, sessionId } = broadcast.session;
    broadcast.close(reason);
    this.parts.log.info({ streamId, sessionId, reason }, 'a broadcast stops');
    try {
      await this.parts.resources.delete(resourceId);
      await this.parts.rooms.remove(seat);
    } catch (error) {
      this.parts.log.warn({ err: error, streamId }, 'a publisher could not be removed from its room');
    }
  }

  async close(): Promise<void> {
    await this.watch.stop();
  }

  private async lookAfterAll(): Promise<void> {
    await Promise.all([...this.publishers.values()].map((publisher) => this.lookAfter(publisher)));
    try {
      const ids = await this.parts.resources.ids();
      await Promise.all(ids.filter((id) => !this.has(id)).map((id) => this.adoptIfOrphaned(id)));
    } catch (error) {
      this.parts.log.warn({ err: error }, 'publishers of other gates could not be looked at');
    }
  }

  /** A publisher's media flow to LiveKit whatever becomes of its gate; only its session needs another keeper. */
  private async adoptIfOrphaned(id: string): Promise<void> {
    const { resources, broadcasts, log } = this.parts;
    const resource = await resources.read(id);
    if (!resource) {
      await resources.delete(id);
      return;
    }
    const { session, roomName, identity } = resource;
    const broadcast = await broadcasts.adopt(session, { stop: (reason) => void this.stop(id, reason) });
    if (!broadcast) return;
    this.publishers.set(id, {
      broadcast,
      seat: { roomName, identity },
      resourceId: id,
      sinceMs: Date.now(),
      seen: true,
    });
    broadcast.startWork();
    log.info({ streamId: session.streamId, sessionId: session.sessionId }, 'a broadcast of a lost gate is adopted');
  }

  /** LiveKit knows first when a publisher has left without a word. While LiveKit is away, nobody has left. */
  private async lookAfter(publisher: WhipPublisher): Promise<void> {
    const { rooms, resources, log } = this.parts;
    try {
      await resources.renew(publisher.resourceId);
      const seated = await rooms.isSeated(publisher.seat);
      publisher.seen ||= seated;
      const overdue = !publisher.seen && Date.now() - publisher.sinceMs > arrivalMs;
      if ((publisher.seen && !seated) || overdue) await this.stop(publisher.resourceId, 'lost');
    } catch (error) {
      log.warn({ err: error, streamId: publisher.broadcast.session.streamId }, 'a publisher could not be looked after');
    }
  }
}
