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
  | {
      readonly type: 'figures';
      readonly framesArrived: number;
      readonly framesRepeated: number;
      readonly slateFrames: number;
      readonly skippedMs: number;
    };
