import type { BroadcastState } from '../../shared/broadcast';
import type { MediaAccess } from '../../shared/media-layout';
import type { Choice } from '../broadcasts/choose';
import type { Broadcast, Outcome } from '../broadcasts/events';
import type { ChannelSettings, Visibility } from '../contract';

export interface StreamRecord extends Broadcast {
  readonly id: string;
  readonly channelId: string;
  readonly title: string;
  readonly visibility: Visibility;
  readonly mediaAccess: MediaAccess;
  readonly passphraseHash: string | null;
  readonly scheduled: boolean;
  readonly scheduledFor: Date | null;
  readonly createdAt: Date;
  readonly channel: {
    readonly handle: string;
    readonly title: string;
    readonly ownerId: string;
    readonly settings: ChannelSettings;
  };
}

export interface NewStream
  extends Pick<
    StreamRecord,
    'id' | 'channelId' | 'title' | 'visibility' | 'passphraseHash' | 'scheduled' | 'scheduledFor' | 'createdAt'
  > {}

export interface Page {
  /** The last stream of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** What an admission is decided on, the channel locked. */
export interface AdmissionView {
  readonly inProgress: StreamRecord | undefined;
  readonly prepared: readonly StreamRecord[];
}

export interface StreamStore {
  create(stream: NewStream): Promise<void>;
  /** `lagging` may be two seconds behind. */
  find(id: string, freshness: 'recent' | 'lagging'): Promise<StreamRecord | undefined>;
  /** The channel's waiting, live or interrupted stream. */
  findInProgress(channelId: string): Promise<StreamRecord | undefined>;
  /** Newest first. */
  listOfChannel(
    channelId: string,
    options: Page & { readonly visibilities: readonly Visibility[] },
  ): Promise<readonly StreamRecord[]>;
  /** Public, live or interrupted, newest first. */
  listLive(page: Page): Promise<readonly StreamRecord[]>;
  listInStates(states: readonly BroadcastState[]): Promise<readonly StreamRecord[]>;
  countPrepared(channelId: string): Promise<number>;
  update(
    id: string,
    change: Pick<StreamRecord, 'title' | 'visibility' | 'passphraseHash' | 'scheduledFor'>,
  ): Promise<void>;

  /**
   * Locks the stream, lets `decide` look and carries out what it says in the same transaction, with its note, its
   * webhooks and, with `disconnect`, an order to the gate to cut the publisher.
   */
  change(
    id: string,
    at: Date,
    decide: (stream: StreamRecord) => Outcome,
    options?: { readonly disconnect?: boolean },
  ): Promise<{ readonly outcome: Outcome; readonly stream: StreamRecord } | undefined>;

  /**
   * Locks the channel, so that two publishers cannot both be first, and reserves what `decide` chooses for the key.
   * `newStream` is made when it chooses a new one. Resolves to `undefined` when it refuses.
   */
  admit(
    channelId: string,
    admission: {
      readonly keyId: string;
      readonly at: Date;
      readonly reservedUntil: Date;
      readonly newStream: NewStream;
    },
    decide: (view: AdmissionView) => Promise<Choice>,
  ): Promise<StreamRecord | undefined>;
  /** Gives back what `admit` reserved. */
  releaseReservation(id: string, keyId: string): Promise<void>;

  /** Notes that these publishers were seen. */
  markSeen(sessionIds: readonly string[], at: Date): Promise<void>;
  /** Removes streams that `admit` made and nobody started, reserved before `before`. */
  removeUnstarted(before: Date): Promise<void>;
  /** Deletes a stream that is over; its objects are queued for removal. */
  remove(id: string, at: Date): Promise<void>;
  /** Latest first, at most fifty. */
  listEvents(id: string): Promise<readonly { readonly at: Date; readonly type: string; readonly detail: string }[]>;
}
