export interface WhipSession {
  /** Ends the broadcast. */
  stop(): Promise<void>;
}

export interface WhipOptions {
  readonly url: string;
  readonly token: string;
  readonly media: MediaStream;
  readonly onState: (state: RTCPeerConnectionState) => void;
}

const videoKbps = 3_000;

/** Publishes a camera or screen by WHIP (RFC 9725). Throws when the server refuses. */
export async function publishWhip({ url, token, media, onState }: WhipOptions): Promise<WhipSession> {
  const connection = new RTCPeerConnection();
  connection.addEventListener('connectionstatechange', () => onState(connection.connectionState));
  for (const track of media.getTracks()) {
    const sendEncodings = track.kind === 'video' ? [{ maxBitrate: videoKbps * 1_000 }] : [];
    const transceiver = connection.addTransceiver(track, { direction: 'sendonly', streams: [media], sendEncodings });
    if (track.kind === 'video') preferH264(transceiver);
  }
  await connection.setLocalDescription();
  await iceGathered(connection);
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp', Authorization: `Bearer ${token}` },
    body: connection.localDescription?.sdp ?? '',
  });
  if (!response.ok) {
    connection.close();
    const { detail } = (await response.json().catch(() => ({}))) as { detail?: string };
    throw new Error(detail ?? `The ingest answered ${response.status}.`);
  }
  await connection.setRemoteDescription({ type: 'answer', sdp: await response.text() });
  const resource = new URL(response.headers.get('Location') ?? '', url);
  return {
    async stop() {
      connection.close();
      await fetch(resource, { method: 'DELETE', headers: { Authorization: `Bearer ${token}` } });
    },
  };
}

/** H.264 first: every packager rung and every viewer takes it. */
function preferH264(transceiver: RTCRtpTransceiver): void {
  const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
  const isH264 = ({ mimeType }: { readonly mimeType: string }) => mimeType === 'video/H264';
  transceiver.setCodecPreferences([...codecs.filter(isH264), ...codecs.filter((codec) => !isH264(codec))]);
}

const gatherMs = 2_000;

/** All candidates in the offer spare a PATCH per candidate; what is found within two seconds is enough. */
function iceGathered(connection: RTCPeerConnection): Promise<void> {
  return new Promise((resolve) => {
    const timer = window.setTimeout(resolve, gatherMs);
    connection.addEventListener('icegatheringstatechange', () => {
      if (connection.iceGatheringState !== 'complete') return;
      window.clearTimeout(timer);
      resolve();
    });
  });
}
