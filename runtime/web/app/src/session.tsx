import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react';
import { type AccessGrant, auth, type User } from './api/auth';
import { ApiProblem } from './api/http';
import { sessionMark } from './session-mark';

export interface Session {
  /** `undefined` until the refresh cookie has been tried. */
  readonly user: User | null | undefined;
  signIn(grant: AccessGrant): void;
  signOut(): Promise<void>;
  /** A valid access token, renewed shortly before it ends; `undefined` when signed out. */
  token(): Promise<string | undefined>;
}

const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('useSession needs a SessionProvider');
  return session;
}

interface HeldToken {
  readonly value: string;
  readonly renewAtMs: number;
}

const renewSecondsBeforeEnd = 60;

/** The access token lives in memory only; the refresh token is a cookie that scripts cannot read. */
export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const [user, setUser] = useState<User | null | undefined>(() => (sessionMark.isSet() ? undefined : null));
  const held = useRef<HeldToken | undefined>(undefined);
  const renewal = useRef<Promise<string | undefined> | undefined>(undefined);

  const accept = useCallback((grant: AccessGrant) => {
    held.current = {
      value: grant.accessToken,
      renewAtMs: Date.now() + (grant.expiresInSeconds - renewSecondsBeforeEnd) * 1_000,
    };
    sessionMark.set();
    setUser(grant.user);
    return grant.accessToken;
  }, []);

  const forget = useCallback(() => {
    held.current = undefined;
    sessionMark.clear();
    setUser(null);
  }, []);

  const renew = useCallback(() => {
    renewal.current ??= auth
      .refresh()
      .then(accept)
      .catch((error: unknown) => {
        if (error instanceof ApiProblem && error.status === 401) {
          forget();
          return undefined;
        }
        setUser((present) => present ?? null);
        throw error;
      })
      .finally(() => {
        renewal.current = undefined;
      });
    return renewal.current;
  }, [accept, forget]);

  useEffect(() => {
    if (sessionMark.isSet()) renew().catch(() => undefined);
  }, [renew]);

  const session = useMemo<Session>(
    () => ({
      user,
      signIn: accept,
      async signOut() {
        await auth.logout();
        forget();
      },
      async token() {
        if (user === null) return undefined;
        if (held.current && Date.now() < held.current.renewAtMs) return held.current.value;
        return renew();
      },
    }),
    [user, accept, forget, renew],
  );
  return <SessionContext value={session}>{children}</SessionContext>;
}
