import { useId, useState } from 'react';

interface CopyableProps {
  readonly label: string;
  readonly value: string;
  /** Hidden until asked for, and for ten seconds then. */
  readonly secret?: boolean;
}

const revealMs = 10_000;

export function Copyable({ label, value, secret = false }: CopyableProps) {
  const id = useId();
  const [copied, setCopied] = useState(false);
  const [revealed, setRevealed] = useState(false);

  const copy = async () => {
    await navigator.clipboard.writeText(value);
    setCopied(true);
    window.setTimeout(() => setCopied(false), 2_000);
  };
  const reveal = () => {
    setRevealed(true);
    window.setTimeout(() => setRevealed(false), revealMs);
  };

  return (
    <div className="stack tight">
      <label htmlFor={id}>{label}</label>
      <div className="secret">
        <input id={id} readOnly type={secret && !revealed ? 'password' : 'text'} value={value} />
        {secret && (
          <button type="button" onClick={reveal}>
            Reveal
          </button>
        )}
        <button type="button" onClick={() => void copy()}>
          {copied ? 'Copied' : 'Copy'}
        </button>
      </div>
    </div>
  );
}
