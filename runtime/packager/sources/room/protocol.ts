/** What the subscriber process is told, as JSON in its environment. */
export interface SubscriberSettings {
  /** `ws://` or `wss://`. */
  readonly url: string;
  readonly token: string;
  /** Only participants whose identity begins with this are the broadcast. */
  readonly publisherPrefix: string;
  /** Unix sockets that ffmpeg reads from. */
  readonly videoSocket: string;
  readonly audioSocket: string;
  readonly frameRate: number;
  readonly sampleRate: number;
  readonly channels: number;
}

export const settingsVariable = 'HEADEND_SUBSCRIBER';

/** What the subscriber process says. */
export type SubscriberMessage =
  /** The size of the broadcast's picture is known and both sockets listen: ffmpeg may connect. */
  | { readonly type: 'ready'; readonly width: number; readonly height: number; readonly hasVideo: boolean }
  /** ffmpeg has connected; the clock runs from here. */
  | { readonly type: 'started'; readonly atMs: number }
  /** Since the last of these. */
  | ({ readonly type: 'frames' } & RoomFrames);

/** Of what arrived, some are dropped for a newer one; where none is due, the last is repeated, and later slate shown. */
export const roomFrameKinds = ['arrived', 'dropped', 'repeated', 'slate'] as const;
export type RoomFrames = Readonly<Record<(typeof roomFrameKinds)[number], number>>;
