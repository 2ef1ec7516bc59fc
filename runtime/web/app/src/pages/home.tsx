import { Link } from 'react-router';
import { analytics } from '../api/analytics';
import { type ListedStream, stream } from '../api/stream';
import { viewers } from '../ui/format';
import { ErrorNotice } from '../ui/notice';
import { usePolled } from '../ui/use-polled';

interface LiveStream extends ListedStream {
  readonly viewers: number | undefined;
}

const loadLive = async (signal: AbortSignal): Promise<readonly LiveStream[]> => {
  const { streams } = await stream.listLive(signal);
  return Promise.all(
    streams.map(async (live) => ({
      ...live,
      // A directory without numbers is better than none.
      viewers: await analytics.viewers(live.id, signal).then(
        (now) => now.viewers,
        () => undefined,
      ),
    })),
  );
};

export function HomePage() {
  const { value: live, error } = usePolled(loadLive, 10);
  return (
    <div className="page stack">
      <h1>Live now</h1>
      <ErrorNotice error={error} />
      {live?.length === 0 && (
        <div className="card stack">
          <h2>Nobody is live</h2>
          <p className="quiet">
            Open the <Link to="/studio">studio</Link>, make a stream key and point OBS at it.
          </p>
        </div>
      )}
      <div className="channels">
        {live?.map((one) => (
          <StreamCard key={one.id} stream={one} />
        ))}
      </div>
    </div>
  );
}

function StreamCard({
  stream: { id, title, channel, thumbnailUrl, viewers: watching },
}: {
  readonly stream: LiveStream;
}) {
  return (
    <Link className="channel-card" to={`/watch/${id}`}>
      <div className="picture">
        {thumbnailUrl !== null && <img src={thumbnailUrl} alt="" loading="lazy" />}
        <span className="badge live">LIVE</span>
        {watching !== undefined && <span className="badge viewers">{viewers(watching)}</span>}
      </div>
      <div>
        <strong>{title}</strong>
        <div className="quiet">{channel.title}</div>
      </div>
    </Link>
  );
}
