import { useCallback, useState } from 'react';
import { type NewStreamKey, type StreamKey, stream } from '../api/stream';
import { useSession } from '../session';
import { Copyable } from '../ui/copyable';
import { ErrorNotice, Notice } from '../ui/notice';
import { usePolled } from '../ui/use-polled';

export function KeyPanel({ handle }: { readonly handle: string }) {
  const { token } = useSession();
  const load = useCallback(async () => (await stream.keys(handle, await token())).keys, [handle, token]);
  const { value: keys, error: loadError, reload } = usePolled(load, 0);
  const [fresh, setFresh] = useState<NewStreamKey>();
  const [error, setError] = useState<unknown>();

  const change = async (work: (held: string | undefined) => Promise<NewStreamKey | undefined>) => {
    setError(undefined);
    try {
      setFresh(await work(await token()));
      reload();
    } catch (problem) {
      setError(problem);
    }
  };
  const create = () => change((held) => stream.createKey(handle, `Encoder ${(keys?.length ?? 0) + 1}`, held));
  const rotate = (key: StreamKey) => change((held) => stream.rotateKey(handle, key.id, held));
  const revoke = (key: StreamKey) =>
    change(async (held) => {
      await stream.revokeKey(handle, key.id, held);
      return undefined;
    });

  const usable = keys?.filter(({ revokedAt }) => revokedAt === null) ?? [];
  return (
    <section className="card stack">
      <div className="row apart">
        <h2>Stream keys</h2>
        <button type="button" className="primary" onClick={() => void create()}>
          New key
        </button>
      </div>
      {fresh && (
        <>
          <Notice tone="good">
            This key is shown once. Copy it now; whoever has it can broadcast on your channel.
          </Notice>
          <Copyable label="Stream key" value={fresh.secret} secret />
        </>
      )}
      <ErrorNotice error={error ?? loadError} />
      {usable.length > 0 && (
        <table className="keys">
          <thead>
            <tr>
              <th>Name</th>
              <th>Last used</th>
              <th>
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {usable.map((key) => (
              <tr key={key.id}>
                <td>{key.label}</td>
                <td className="quiet">
                  {key.lastUsedAt === null ? 'never' : new Date(key.lastUsedAt).toLocaleString()}
                </td>
                <td>
                  <div className="row">
                    <button type="button" onClick={() => void rotate(key)}>
                      Rotate
                    </button>
                    <button type="button" onClick={() => void revoke(key)}>
                      Revoke
                    </button>
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {usable.length === 0 && <p className="quiet">Make a key to broadcast from OBS or ffmpeg.</p>}
    </section>
  );
}
