import { useCallback, useState } from 'react';
import { Link } from 'react-router';
import { type StreamHealth, stream } from '../api/stream';
import { useSession } from '../session';
import { ErrorNotice, Notice } from '../ui/notice';
import { usePolled } from '../ui/use-polled';

const pollSeconds = 2;

/** Waiting for signal, then how the broadcast is doing and why. */
export function BroadcastPanel({ handle }: { readonly handle: string }) {
  const { token } = useSession();
  const [error, setError] = useState<unknown>();
  const load = useCallback(
    async (signal: AbortSignal) => {
      const held = await token();
      const { current } = await stream.channel(handle, held, signal);
      return current ? { current, health: await stream.health(current.id, held, signal) } : undefined;
    },
    [handle, token],
  );
  const { value, error: loadError, reload } = usePolled(load, pollSeconds);

  if (!value) {
    return (
      <section className="card stack">
        <h2>Broadcast</h2>
        <ErrorNotice error={loadError} />
        <Notice tone="warning">Waiting for signal…</Notice>
        <p className="quiet">
          Start your encoder with one of your stream keys. This panel turns green when it arrives.
        </p>
      </section>
    );
  }
  const { current, health } = value;
  const end = async () => {
    if (!window.confirm('End this stream for everybody?')) return;
    try {
      await stream.end(current.id, await token());
      reload();
    } catch (problem) {
      setError(problem);
    }
  };
  const signal = health.state === 'live';
  return (
    <section className="card stack">
      <div className="row apart">
        <h2>Broadcast</h2>
        <span className={`badge ${signal ? 'live' : ''}`}>{health.state.toUpperCase()}</span>
      </div>
      <Notice tone={signal ? 'good' : 'warning'}>
        {signal
          ? 'On air.'
          : health.state === 'interrupted'
            ? 'The encoder is gone; waiting for it to return.'
            : 'Waiting for signal…'}
      </Notice>
      <HealthFigures health={health} />
      {health.measured?.hints.map((hint) => (
        <p key={hint} className="quiet">
          {hint}
        </p>
      ))}
      <ErrorNotice error={error ?? loadError} />
      <div className="row">
        <Link className="button" to={`/watch/${current.id}`}>
          Watch page
        </Link>
        <button type="button" onClick={() => void end()}>
          End stream
        </button>
      </div>
    </section>
  );
}

function HealthFigures({ health: { measured, renditions } }: { readonly health: StreamHealth }) {
  if (!measured) return null;
  const figures: readonly (readonly [string, string])[] = [
    ['Source', `${Math.round(measured.sourceKbps)} kbit/s`],
    ['Frame rate', measured.frameRate.toFixed(1)],
    ['Key frames', `${measured.keyFrameSeconds.toFixed(1)} s`],
    ['Real-time factor', measured.realTimeFactor.toFixed(2)],
    ['Upload lag', `${measured.uploadLagSeconds.toFixed(1)} s`],
    ['Renditions', `${measured.activeRenditions.length} of ${renditions.length}`],
  ];
  return (
    <dl className="figures">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
