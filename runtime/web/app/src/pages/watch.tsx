import { type FormEvent, useCallback, useEffect, useState } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';
import { type Playback, stream } from '../api/stream';
import { ChatPanel } from '../chat/chat-panel';
import { Player, type PlayerSource } from '../player/player';
import { useHeartbeat } from '../player/use-heartbeat';
import { useSession } from '../session';
import { viewers } from '../ui/format';
import { ErrorNotice } from '../ui/notice';
import { usePolled } from '../ui/use-polled';
import { askForStream, takeEarly } from '../watched';

const pollSeconds = 5;
/** Well before a private stream's cookies run out, which they do after ten minutes. */
const renewCookiesSeconds = 240;

export function WatchPage() {
  const { streamId = '' } = useParams();
  const { token } = useSession();
  const [search] = useSearchParams();
  // A share link brings its grant along.
  const [grant, setGrant] = useState(search.get('grant') ?? undefined);
  const [lowestLatency, setLowestLatency] = useState(false);
  const load = useCallback(
    async (signal: AbortSignal) => {
      const transport = lowestLatency ? ('webrtc' as const) : ('hls' as const);
      const question = { streamId, transport, token: await token(), grant };
      return takeEarly(question) ?? askForStream(question, signal);
    },
    [streamId, token, grant, lowestLatency],
  );
  const { value, error } = usePolled(load, pollSeconds);
  const live = value?.shown.state === 'live' || value?.shown.state === 'interrupted';
  useRenewal(load, value?.playback !== undefined && 'credentials' in value.playback && value.playback.credentials);
  const watching = useHeartbeat(streamId, live, value?.playback?.transport === 'webrtc' ? 'webrtc' : 'hls');

  if (!value) {
    return (
      <div className="page">
        <ErrorNotice error={error} />
      </div>
    );
  }
  const { shown, playback } = value;
  return (
    <div className="page watch">
      <div className="stack">
        {playback === undefined ? (
          <Passphrase streamId={streamId} onUnlock={setGrant} />
        ) : playback.transport === 'none' ? (
          <div className="player">
            <p className="message">{live ? 'The broadcast is about to start…' : 'This stream is not live.'}</p>
          </div>
        ) : (
          <Player
            source={playerSource(playback)}
            live={live}
            title={shown.title}
            onLatencyChange={live && mayPlayWebRtc(playback) ? setLowestLatency : undefined}
            onWebRtcLost={() => setLowestLatency(false)}
          />
        )}
        <div className="row apart">
          <div>
            <h1>{shown.title}</h1>
            <Link to={`/c/${shown.channel.handle}`} className="quiet">
              {shown.channel.title}
            </Link>
          </div>
          <div className="row">
            {shown.state === 'interrupted' && <span className="badge">Broadcaster reconnecting</span>}
            {live && watching !== undefined && <span className="badge">{viewers(watching)}</span>}
            {live && <span className="badge live">LIVE</span>}
          </div>
        </div>
        <ErrorNotice error={error} />
      </div>
      <ChatPanel streamId={streamId} access={grant} />
    </div>
  );
}

/** A hidden page does not poll but goes on playing: asking again is what renews its cookies. */
function useRenewal(load: (signal: AbortSignal) => Promise<unknown>, needed: boolean): void {
  useEffect(() => {
    if (!needed) return;
    const abort = new AbortController();
    const timer = window.setInterval(() => load(abort.signal).catch(() => undefined), renewCookiesSeconds * 1_000);
    return () => {
      abort.abort();
      window.clearInterval(timer);
    };
  }, [load, needed]);
}

type Playable = Exclude<Playback, { transport: 'none' }>;

function playerSource(playback: Playable): PlayerSource {
  return playback.transport === 'webrtc'
    ? { transport: 'webrtc', serverUrl: playback.serverUrl, token: playback.token }
    : {
        transport: 'hls',
        url: playback.hlsUrl,
        rewindUrl: playback.dvrUrl ?? undefined,
        withCredentials: playback.credentials,
      };
}

const mayPlayWebRtc = (playback: Playable) => playback.transport === 'webrtc' || playback.webrtcOffered;

function Passphrase({ streamId, onUnlock }: { readonly streamId: string; readonly onUnlock: (grant: string) => void }) {
  const [error, setError] = useState<unknown>();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const passphrase = String(new FormData(event.currentTarget).get('passphrase') ?? '');
    try {
      onUnlock((await stream.unlock(streamId, passphrase)).grant);
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <form className="card stack" onSubmit={submit}>
      <h2>This stream is private</h2>
      <label>
        Passphrase
        <input name="passphrase" type="password" required />
      </label>
      <ErrorNotice error={error} />
      <button type="submit" className="primary">
        Watch
      </button>
    </form>
  );
}
