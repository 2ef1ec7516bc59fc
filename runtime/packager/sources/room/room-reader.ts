import { setTimeout as delay } from 'node:timers/promises';
import {
  AudioStream,
  type RemoteParticipant,
  type RemoteTrack,
  type RemoteTrackPublication,
  Room,
  RoomEvent,
  TrackKind,
  VideoBufferType,
  VideoStream,
} from '@livekit/rtc-node';
import type { Picture } from './i420';
import type { SubscriberSettings } from './protocol';

export interface RoomListener {
  /** Size that the sender announced; absent when it did not. */
  video(picture: Picture, announced: { readonly width: number; readonly height: number } | undefined): void;
  audio(samples: Int16Array): void;
  videoGone(): void;
  audioGone(): void;
}

const reconnectMs = 1_000;

/** As long as a packet of Opus: shorter ones cost as much each. */
const audioFrameMs = 20;

/** Reads the broadcast's newest tracks out of a room, and comes back when the room's server does. Never returns. */
export async function readRoom(settings: SubscriberSettings, listener: RoomListener): Promise<never> {
  for (;;) {
    try {
      await readUntilDisconnected(settings, listener);
    } catch (error) {
      process.stderr.write(`room: ${error instanceof Error ? error.message : String(error)}\n`);
    }
    await delay(reconnectMs);
  }
}

async function readUntilDisconnected(settings: SubscriberSettings, listener: RoomListener): Promise<void> {
  const room = new Room();
  const readers = new TrackReaders(listener);
  const disconnected = new Promise<void>((resolve) => {
    room.on(RoomEvent.Disconnected, () => resolve());
  });
  room.on(
    RoomEvent.TrackSubscribed,
    (track: RemoteTrack, publication: RemoteTrackPublication, participant: RemoteParticipant) => {
      if (participant.identity.startsWith(settings.publisherPrefix)) readers.open(track, publication, settings);
    },
  );
  room.on(RoomEvent.TrackUnsubscribed, (track: RemoteTrack) => readers.close(track));
  try {
    await room.connect(settings.url, settings.token, { autoSubscribe: true, dynacast: false });
    await disconnected;
  } finally {
    readers.closeAll();
    await room.disconnect().catch(() => undefined);
  }
}

/** One reader per kind: the newest track of a kind takes the place of the one before. */
class TrackReaders {
  readonly #open = new Map<TrackKind, { readonly track: RemoteTrack; readonly cancel: () => void }>();

  constructor(private readonly listener: RoomListener) {}

  open(track: RemoteTrack, publication: RemoteTrackPublication, settings: SubscriberSettings): void {
    const kind = track.kind ?? TrackKind.KIND_UNKNOWN;
    this.#open.get(kind)?.cancel();
    const reader =
      kind === TrackKind.KIND_VIDEO
        ? this.#readVideo(track, publication)
        : this.#readAudio(track, settings.sampleRate, settings.channels);
    this.#open.set(kind, { track, cancel: reader });
  }

  close(track: RemoteTrack): void {
    for (const [kind, open] of this.#open) {
      if (open.track.sid !== track.sid) continue;
      open.cancel();
      this.#open.delete(kind);
      if (kind === TrackKind.KIND_VIDEO) this.listener.videoGone();
      else this.listener.audioGone();
    }
  }

  closeAll(): void {
    for (const { track } of [...this.#open.values()]) this.close(track);
  }

  #readVideo(track: RemoteTrack, publication: RemoteTrackPublication): () => void {
    const { width, height } = publication;
    const announced = width && height ? { width, height } : undefined;
    return readAll(new VideoStream(track), ({ frame }) => {
      const i420 = frame.type === VideoBufferType.I420 ? frame : frame.convert(VideoBufferType.I420);
      this.listener.video(evenSided({ width: i420.width, height: i420.height, data: i420.data }), announced);
    });
  }

  #readAudio(track: RemoteTrack, sampleRate: number, channels: number): () => void {
    const stream = new AudioStream(track, { sampleRate, numChannels: channels, frameSizeMs: audioFrameMs });
    return readAll(stream, (frame) => this.listener.audio(frame.data));
  }
}

/** Reads until cancelled: a video stream does not end by itself. */
function readAll<T>(stream: ReadableStream<T>, take: (value: T) => void): () => void {
  const reader = stream.getReader();
  const read = async () => {
    for (let next = await reader.read(); !next.done; next = await reader.read()) take(next.value);
  };
  read().catch((error: unknown) => process.stderr.write(`room: a track broke off: ${String(error)}\n`));
  return () => void reader.cancel().catch(() => undefined);
}

/** A picture with an odd side has chroma planes that round up; the odd line or column is left out. */
function evenSided(picture: Picture): Picture {
  const { width, height, data } = picture;
  if (width % 2 === 0 && height % 2 === 0) return picture;
  const even = { width: width - (width % 2), height: height - (height % 2) };
  const chromaWidth = Math.ceil(width / 2);
  const lumaBytes = width * height;
  const chromaBytes = chromaWidth * Math.ceil(height / 2);
  const target = new Uint8Array((even.width * even.height * 3) / 2);
  let offset = 0;
  const copy = (start: number, stride: number, columns: number, rows: number) => {
    for (let row = 0; row < rows; row += 1) {
      target.set(data.subarray(start + row * stride, start + row * stride + columns), offset);
      offset += columns;
    }
  };
  copy(0, width, even.width, even.height);
  copy(lumaBytes, chromaWidth, even.width / 2, even.height / 2);
  copy(lumaBytes + chromaBytes, chromaWidth, even.width / 2, even.height / 2);
  return { ...even, data: target };
}
