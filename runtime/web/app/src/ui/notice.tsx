import type { ReactNode } from 'react';
import { describe } from '../api/http';

export function Notice({
  tone,
  children,
}: {
  readonly tone: 'good' | 'bad' | 'warning';
  readonly children: ReactNode;
}) {
  return (
    <p className={`notice ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      {children}
    </p>
  );
}

/** The sentence for a failed request; nothing when there is no error. */
export function ErrorNotice({ error }: { readonly error: unknown }) {
  return error === undefined ? null : <Notice tone="bad">{describe(error)}</Notice>;
}
