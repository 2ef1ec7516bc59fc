import { type FormEvent, useCallback, useState } from 'react';
import { Link } from 'react-router';
import { type OwnChannel, stream } from '../api/stream';
import { useSession } from '../session';
import { BroadcastPanel } from '../studio/broadcast-panel';
import { BrowserPublisher } from '../studio/browser-publisher';
import { EncoderPanel } from '../studio/encoder-panel';
import { KeyPanel } from '../studio/key-panel';
import { SettingsPanel } from '../studio/settings-panel';
import { ErrorNotice } from '../ui/notice';
import { usePolled } from '../ui/use-polled';

export function StudioPage() {
  const { user, token } = useSession();
  const load = useCallback(async () => (await stream.ownChannels(await token())).channels, [token]);
  const { value: channels, error, reload } = usePolled(load, 0);

  if (user === null) {
    return (
      <div className="page narrow stack">
        <h1>Studio</h1>
        <p>
          <Link to="/sign-in?next=/studio">Sign in</Link> to broadcast.
        </p>
      </div>
    );
  }
  if (!channels) {
    return (
      <div className="page">
        <ErrorNotice error={error} />
      </div>
    );
  }
  const [channel] = channels;
  return (
    <div className="page stack">{channel ? <Studio channel={channel} /> : <CreateChannel onCreated={reload} />}</div>
  );
}

function Studio({ channel }: { readonly channel: OwnChannel }) {
  return (
    <>
      <div className="row apart">
        <h1>{channel.title}</h1>
        <Link to={`/c/${channel.handle}`}>View channel</Link>
      </div>
      <div className="columns">
        <div className="stack">
          <BroadcastPanel handle={channel.handle} />
          <BrowserPublisher handle={channel.handle} />
        </div>
        <div className="stack">
          <EncoderPanel />
          <KeyPanel handle={channel.handle} />
          <SettingsPanel channel={channel} />
        </div>
      </div>
    </>
  );
}

function CreateChannel({ onCreated }: { readonly onCreated: () => void }) {
  const { user, token } = useSession();
  const [error, setError] = useState<unknown>();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    try {
      await stream.createChannel(
        { handle: String(data.get('handle') ?? ''), title: String(data.get('title') ?? '') },
        await token(),
      );
      onCreated();
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <form className="card stack" onSubmit={submit}>
      <h1>Create your channel</h1>
      <label>
        Handle
        <input name="handle" defaultValue={user?.handle ?? ''} required />
      </label>
      <label>
        Title
        <input name="title" required maxLength={140} />
      </label>
      <ErrorNotice error={error} />
      <button type="submit" className="primary">
        Create channel
      </button>
    </form>
  );
}
