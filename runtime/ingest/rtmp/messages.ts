/** Message type ids of RTMP 1.0 (Adobe, 2012, § 5.4, 6.2, 7.1) that a publisher and its server exchange. */
export const messageType = {
  setChunkSize: 1,
  abort: 2,
  acknowledgement: 3,
  userControl: 4,
  windowAcknowledgementSize: 5,
  setPeerBandwidth: 6,
  audio: 8,
  video: 9,
  dataAmf3: 15,
  commandAmf3: 17,
  data: 18,
  command: 20,
  aggregate: 22,
} as const;

export interface Message {
  readonly type: number;
  readonly streamId: number;
  /** Milliseconds modulo 2³². */
  readonly timestamp: number;
  readonly payload: Buffer;
}
