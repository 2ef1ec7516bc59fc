export interface WebRtcPlayer {
  destroy(): void;
}

export interface WebRtcSource {
  /** LiveKit signalling URL. */
  readonly serverUrl: string;
  /** Subscribe-only token. */
  readonly token: string;
}

/** Fetches the library for a viewer who is about to ask for it. */
export function preloadWebRtc(): void {
  import('livekit-client').catch(() => undefined);
}

/**
 * Plays a LiveKit room in `video`. `onLost` is told once, when the room cannot be joined or is gone for good.
 *
 * @param abandoned aborted when the element is no longer this player's: then there is none
 */
export async function playWebRtc(
  video: HTMLVideoElement,
  { serverUrl, token }: WebRtcSource,
  onLost: () => void,
  abandoned: AbortSignal,
): Promise<WebRtcPlayer | undefined> {
  const { LogLevel, Room, RoomEvent, setLogLevel } = await import('livekit-client');
  if (abandoned.aborted) return undefined;
  setLogLevel(LogLevel.warn);
  const room = new Room({ adaptiveStream: true });
  let over = false;
  const lose = () => {
    if (!over) onLost();
    over = true;
  };
  room.on(RoomEvent.TrackSubscribed, (track) => {
    track.attach(video);
    video.play().catch(() => undefined);
  });
  room.on(RoomEvent.Disconnected, lose);
  room.connect(serverUrl, token).catch(lose);
  return {
    destroy() {
      over = true;
      void room.disconnect();
      video.srcObject = null;
    },
  };
}
