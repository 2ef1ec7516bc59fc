import { type FormEvent, type ReactNode, useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import type { AccessGrant } from '../api/auth';
import { useSession } from '../session';
import { ErrorNotice } from './notice';

interface CredentialsFormProps {
  readonly title: string;
  readonly action: string;
  readonly children: ReactNode;
  readonly submit: (fields: (name: string) => string) => Promise<AccessGrant>;
}

/** The frame that signing in and signing up share; afterwards back to where the visitor came from. */
export function CredentialsForm({ title, action, children, submit }: CredentialsFormProps) {
  const { signIn } = useSession();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);

  const onSubmit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    setBusy(true);
    setError(undefined);
    try {
      signIn(await submit((name) => String(data.get(name) ?? '')));
      const next = search.get('next');
      navigate(next?.startsWith('/') && !next.startsWith('//') ? next : '/');
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };

  return (
    <div className="page narrow">
      <form className="card stack" onSubmit={onSubmit}>
        <h1>{title}</h1>
        {children}
        <ErrorNotice error={error} />
        <button type="submit" className="primary" disabled={busy}>
          {action}
        </button>
      </form>
    </div>
  );
}
