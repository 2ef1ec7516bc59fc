import type { RtmpClient } from './rtmp-client';

/**
 * Tag bodies of real shape and no content: the gate reads headers and flags, never pictures. Parameters are those of a
 * 320 × 180 H.264 main profile and of AAC-LC at 48 kHz.
 */
export const avcHeader = Buffer.from(
  '17000000000142c01effe1001967' + '42c01ed901416c8400000300040000030c83c58b9200' + '01000468cb83cb20',
  'hex',
);
export const otherAvcHeader = Buffer.from(avcHeader).fill(0x1f, 8, 9);
export const aacHeader = Buffer.from('af001190', 'hex');
export const otherAacHeader = Buffer.from('af001210', 'hex');

export const keyFrame = (bytes = 500) => Buffer.concat([Buffer.from('1701000000', 'hex'), Buffer.alloc(bytes, 7)]);
export const interFrame = (bytes = 100) => Buffer.concat([Buffer.from('2701000000', 'hex'), Buffer.alloc(bytes, 8)]);
export const audioFrame = (bytes = 50) => Buffer.concat([Buffer.from('af01', 'hex'), Buffer.alloc(bytes, 9)]);

export interface Take {
  readonly fromMs: number;
  readonly seconds: number;
  readonly audio?: boolean;
  readonly video?: boolean;
  /** Applied to every timestamp before it is sent. */
  readonly clock?: (ms: number) => number;
  readonly keyFrameBytes?: number;
}

const frameMs = 40;
const framesPerGroup = 25;

/** Sends a take of 25 fps video with a key frame a second and as many audio frames, at once. */
export function sendTake(client: RtmpClient, take: Take): void {
  const { fromMs, seconds, audio = true, video = true, clock = (ms) => ms, keyFrameBytes } = take;
  for (let frame = 0; frame < seconds * framesPerGroup; frame += 1) {
    const timestamp = clock(fromMs + frame * frameMs) % 2 ** 32;
    if (video) client.send('video', timestamp, frame % framesPerGroup === 0 ? keyFrame(keyFrameBytes) : interFrame());
    if (audio) client.send('audio', timestamp, audioFrame());
  }
}

export function sendHeaders(client: RtmpClient, timestamp = 0): void {
  client.send('video', timestamp, avcHeader);
  client.send('audio', timestamp, aacHeader);
}
