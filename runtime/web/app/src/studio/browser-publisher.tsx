import { useEffect, useRef, useState } from 'react';
import { stream } from '../api/stream';
import { useSession } from '../session';
import { ErrorNotice } from '../ui/notice';
import { publishWhip, type WhipSession } from './whip';

type Source = 'camera' | 'screen';

/** Go live from the browser: preview, then WHIP with a short token. */
export function BrowserPublisher({ handle }: { readonly handle: string }) {
  const { token } = useSession();
  const preview = useRef<HTMLVideoElement>(null);
  const session = useRef<WhipSession | undefined>(undefined);
  const [media, setMedia] = useState<MediaStream>();
  const [state, setState] = useState<RTCPeerConnectionState>();
  const [error, setError] = useState<unknown>();

  useEffect(() => {
    if (preview.current) preview.current.srcObject = media ?? null;
    return () => {
      for (const track of media?.getTracks() ?? []) track.stop();
    };
  }, [media]);
  useEffect(() => () => void session.current?.stop(), []);

  const attempt = async (work: () => Promise<void>) => {
    setError(undefined);
    try {
      await work();
    } catch (problem) {
      setError(explain(problem));
    }
  };
  const open = (source: Source) => attempt(async () => setMedia(await capture(source)));
  const goLive = () =>
    attempt(async () => {
      if (!media) return;
      const grant = await stream.publishToken(handle, await token());
      session.current = await publishWhip({ url: grant.whipUrl, token: grant.token, media, onState: setState });
    });
  const stop = () =>
    attempt(async () => {
      await session.current?.stop();
      session.current = undefined;
      setState(undefined);
      setMedia(undefined);
    });

  const live = state === 'connected' || state === 'connecting';
  return (
    <section className="card stack">
      <div className="row apart">
        <h2>Go live from this browser</h2>
        {state !== undefined && <span className={`badge ${live ? 'good' : ''}`}>{state}</span>}
      </div>
      {media && (
        <div className="player">
          <video ref={preview} autoPlay muted playsInline />
        </div>
      )}
      <ErrorNotice error={error} />
      <div className="row">
        {!media && (
          <>
            <button type="button" onClick={() => void open('camera')}>
              Camera
            </button>
            <button type="button" onClick={() => void open('screen')}>
              Screen
            </button>
          </>
        )}
        {media && !live && (
          <button type="button" className="primary" onClick={() => void goLive()}>
            Go live
          </button>
        )}
        {media && (
          <button type="button" onClick={() => void stop()}>
            {live ? 'Stop' : 'Cancel'}
          </button>
        )}
      </div>
    </section>
  );
}

function capture(source: Source): Promise<MediaStream> {
  const video = { width: { ideal: 1_280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
  return source === 'camera'
    ? navigator.mediaDevices.getUserMedia({ video, audio: true })
    : navigator.mediaDevices.getDisplayMedia({ video, audio: true });
}

function explain(problem: unknown): unknown {
  if (!(problem instanceof DOMException)) return problem;
  if (problem.name === 'NotAllowedError') {
    return new Error('The browser may not use it. Allow camera and microphone for this site and try again.');
  }
  return problem.name === 'NotFoundError' ? new Error('No camera or microphone was found.') : problem;
}
