import { AudioStream, Room, RoomEvent, TrackKind, VideoStream } from '@livekit/rtc-node';
import { AccessToken } from 'livekit-server-sdk';
import type { PrivateLiveKit } from '../../../runtime/local/testing';

/** What a WebRTC viewer of a room has seen and heard. */
export interface RoomViewer {
  readonly frames: number;
  /** Sides of the largest picture. */
  readonly largest: { readonly width: number; readonly height: number };
  /** Whether any sample was not silence. */
  readonly heard: boolean;
  close(): Promise<void>;
}

export async function watchRoom(livekit: PrivateLiveKit, roomName: string): Promise<RoomViewer> {
  const token = new AccessToken(livekit.apiKey, livekit.apiSecret, { identity: 'viewer', ttl: 60 });
  token.addGrant({ roomJoin: true, room: roomName, canPublish: false });
  const room = new Room();
  const seen = { frames: 0, largest: { width: 0, height: 0 }, heard: false };
  room.on(RoomEvent.TrackSubscribed, async (track) => {
    if (track.kind === TrackKind.KIND_VIDEO) {
      for await (const { frame } of new VideoStream(track)) {
        seen.frames += 1;
        if (frame.width > seen.largest.width) seen.largest = { width: frame.width, height: frame.height };
      }
    } else {
      for await (const { data } of new AudioStream(track)) seen.heard ||= data.some((sample) => Math.abs(sample) > 500);
    }
  });
  await room.connect(livekit.url.replace('http', 'ws'), await token.toJwt(), { autoSubscribe: true, dynacast: false });
  return {
    get frames() {
      return seen.frames;
    },
    get largest() {
      return seen.largest;
    },
    get heard() {
      return seen.heard;
    },
    close: () => room.disconnect(),
  };
}
