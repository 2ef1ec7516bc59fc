import { useState } from 'react';
import { type OwnChannel, stream } from '../api/stream';
import { useSession } from '../session';
import { ErrorNotice } from '../ui/notice';

type Settings = OwnChannel['settings'];

/** The channel's switches; each is saved as it is changed and holds from the next broadcast on. */
export function SettingsPanel({ channel }: { readonly channel: OwnChannel }) {
  const { token } = useSession();
  const [settings, setSettings] = useState(channel.settings);
  const [error, setError] = useState<unknown>();

  const change = async (part: Partial<Settings>) => {
    setError(undefined);
    try {
      setSettings((await stream.updateChannel(channel.handle, { settings: part }, await token())).settings);
    } catch (problem) {
      setError(problem);
    }
  };

  return (
    <section className="card stack">
      <h2>Settings</h2>
      <Switch label="Record broadcasts" checked={settings.record} onChange={(record) => void change({ record })} />
      <Switch
        label="Offer ultra-low latency (WebRTC)"
        checked={settings.webrtcViewers}
        onChange={(webrtcViewers) => void change({ webrtcViewers })}
      />
      <Switch
        label="Let a second encoder take over"
        checked={settings.onSecondPublisher === 'take-over'}
        onChange={(takeOver) => void change({ onSecondPublisher: takeOver ? 'take-over' : 'refuse' })}
      />
      <label>
        Slow mode, seconds between two chat messages
        <input
          type="number"
          min={0}
          max={120}
          value={settings.chat.slowModeSeconds}
          onChange={(event) =>
            void change({ chat: { ...settings.chat, slowModeSeconds: event.target.valueAsNumber || 0 } })
          }
        />
      </label>
      <label>
        Languages you send captions in, such as en, de
        <input
          type="text"
          defaultValue={settings.captionLanguages.join(', ')}
          onBlur={(event) =>
            void change({ captionLanguages: event.target.value.split(/[\s,]+/).filter((language) => language !== '') })
          }
        />
      </label>
      <ErrorNotice error={error} />
    </section>
  );
}

interface SwitchProps {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}

function Switch({ label, checked, onChange }: SwitchProps) {
  return (
    <label className="switch">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      {label}
    </label>
  );
}
