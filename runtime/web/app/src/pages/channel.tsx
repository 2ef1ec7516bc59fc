import { useCallback } from 'react';
import { Link, useParams } from 'react-router';
import { stream } from '../api/stream';
import { useSession } from '../session';
import { count } from '../ui/format';
import { ErrorNotice } from '../ui/notice';
import { usePolled } from '../ui/use-polled';

export function ChannelPage() {
  const { handle = '' } = useParams();
  const { token, user } = useSession();
  const load = useCallback(
    async (signal: AbortSignal) => {
      const held = await token();
      const [channel, { streams }] = await Promise.all([
        stream.channel(handle, held, signal),
        stream.channelStreams(handle, held, signal),
      ]);
      return { channel, streams };
    },
    [handle, token],
  );
  const { value, error, reload } = usePolled(load, 15);
  if (!value) {
    return (
      <div className="page">
        <ErrorNotice error={error} />
      </div>
    );
  }
  const { channel, streams } = value;
  const past = streams.filter(({ state }) => state === 'ended' || state === 'archived');
  const follow = async () => {
    await stream.follow(handle, !channel.following, await token());
    reload();
  };
  return (
    <div className="page stack">
      <div className="row apart">
        <div>
          <h1>{channel.title}</h1>
          <p className="quiet">
            @{channel.handle} · {count(channel.followers)} followers
          </p>
        </div>
        <div className="row">
          {channel.current && (
            <Link className="button primary" to={`/watch/${channel.current.id}`}>
              Watch live
            </Link>
          )}
          {user && user.id !== channel.ownerId && (
            <button type="button" onClick={() => void follow()}>
              {channel.following ? 'Following' : 'Follow'}
            </button>
          )}
        </div>
      </div>
      <p>{channel.description}</p>
      <h2>Past streams</h2>
      <div className="stack tight">
        {past.length === 0 && <p className="quiet">None yet.</p>}
        {past.map(({ id, title, startedAt }) => (
          <Link key={id} to={`/watch/${id}`} className="row apart card">
            <strong>{title}</strong>
            <span className="quiet">{startedAt === null ? '' : new Date(startedAt).toLocaleString()}</span>
          </Link>
        ))}
      </div>
    </div>
  );
}
