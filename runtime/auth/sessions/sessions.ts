import { newId } from '../../shared/ids';
import { Counter, type Registry } from '../../shared/metrics';
import { Problem } from '../../shared/problem';
import { addressSubject } from '../../shared/rate-limit';
import { describeAccount } from '../accounts/describe';
import type { Account } from '../accounts/store';
import { accessTokenSeconds, type SignedIn } from '../contract';
import type { AccessTokenIssuer } from '../tokens/issuer';
import { formatRefreshToken, hashToken, isGenuine, parseRefreshToken, type RefreshKeys } from './refresh-token';
import { decideRefresh, type RefreshVerdict } from './rules';
import type { LockedSession, SessionChange, SessionStore } from './store';

export interface Client {
  readonly address: string;
  readonly userAgent: string;
}

export interface OpenedSession {
  readonly answer: SignedIn;
  readonly refreshToken: string;
  readonly expiresAt: Date;
}

export interface Sessions {
  open(account: Account, client: Client): Promise<OpenedSession>;
  /** Throws `refresh-rejected`; a copied token also ends its session. */
  refresh(token: string, client: Client): Promise<OpenedSession>;
  /** Ends the session of a genuine token; anything else is ignored. */
  close(token: string): Promise<void>;
  /** The same as the store's, for callers that hold no store. */
  isOpen(sessionId: string): Promise<boolean>;
}

export interface SessionsOptions {
  readonly store: SessionStore;
  readonly issuer: AccessTokenIssuer;
  readonly refreshKeys: () => RefreshKeys;
  readonly sessionDays: number;
  readonly registry: Registry;
  readonly now: () => Date;
}

type RefreshResult =
  | { readonly verdict: 'rotate' | 'repeat'; readonly token: string; readonly session: LockedSession }
  | { readonly verdict: 'revoke' | 'reject' };

export function createSessions({ store, issuer, refreshKeys, sessionDays, registry, now }: SessionsOptions): Sessions {
  const refreshes = new Counter({
    name: 'auth_refreshes_total',
    help: 'Refresh attempts by verdict; `revoke` is a copied token.',
    labelNames: ['verdict'],
    registers: [registry],
  });

  const answerFor = async (account: Account, sessionId: string): Promise<SignedIn> => ({
    accessToken: await issuer.issue(account, sessionId),
    expiresInSeconds: accessTokenSeconds,
    user: describeAccount(account),
  });

  const tokenOf = (keyId: string, sessionId: string, counter: number): string | undefined => {
    const key = refreshKeys().find(keyId);
    return key && formatRefreshToken(key, sessionId, counter);
  };

  return {
    async open(account, { address, userAgent }) {
      const id = newId('se');
      const at = now();
      const expiresAt = new Date(at.getTime() + sessionDays * 86_400_000);
      const keyId = refreshKeys().newest;
      const refreshToken = tokenOf(keyId, id, 0);
      if (refreshToken === undefined) throw new Error(`the refresh key ${keyId} is missing`);
      await store.create({
        id,
        userId: account.id,
        createdAt: at,
        lastUsedAt: at,
        expiresAt,
        userAgent: userAgent.slice(0, 200),
        address: addressSubject(address),
        keyId,
        tokenHash: hashToken(refreshToken),
      });
      return { answer: await answerFor(account, id), refreshToken, expiresAt };
    },

    async refresh(token, { address }) {
      const parsed = parseRefreshToken(token);
      if (!parsed) throw new Problem('refresh-rejected');
      const keys = refreshKeys();
      const at = now();
      const presented = { hash: hashToken(token), genuine: isGenuine(keys, parsed) };
      const result = await store.update(parsed.sessionId, at, (session) => {
        const verdict = decideRefresh(session, presented, at);
        return carryOut(verdict, session, { keys, sessionId: parsed.sessionId, address, tokenOf });
      });
      refreshes.inc({ verdict: result?.verdict ?? 'reject' });
      if (!result || !('session' in result)) throw new Problem('refresh-rejected');
      return {
        answer: await answerFor(result.session.account, parsed.sessionId),
        refreshToken: result.token,
        expiresAt: result.session.expiresAt,
      };
    },

    async close(token) {
      const parsed = parseRefreshToken(token);
      if (!parsed || !isGenuine(refreshKeys(), parsed)) return;
      await store.update(parsed.sessionId, now(), () => ({
        change: { kind: 'revoke', reason: 'logout' },
        result: undefined,
      }));
    },

    isOpen: (sessionId) => store.isOpen(sessionId, now()),
  };
}

/** The change to the locked session that a verdict means, and what the caller gets. */
function carryOut(
  verdict: RefreshVerdict,
  session: LockedSession,
  context: {
    readonly keys: RefreshKeys;
    readonly sessionId: string;
    readonly address: string;
    readonly tokenOf: (keyId: string, sessionId: string, counter: number) => string | undefined;
  },
): { readonly change: SessionChange; readonly result: RefreshResult } {
  const { keys, sessionId, address, tokenOf } = context;
  const keep: SessionChange = { kind: 'keep' };
  switch (verdict) {
    case 'reject':
      return { change: keep, result: { verdict } };
    case 'revoke':
      return { change: { kind: 'revoke', reason: 'reuse' }, result: { verdict } };
    case 'repeat': {
      const token = tokenOf(session.keyId, sessionId, session.counter);
      return { change: keep, result: token === undefined ? { verdict: 'reject' } : { verdict, token, session } };
    }
    case 'rotate': {
      const counter = session.counter + 1;
      const token = tokenOf(keys.newest, sessionId, counter);
      if (token === undefined) return { change: keep, result: { verdict: 'reject' } };
      const change = {
        kind: 'rotate',
        counter,
        keyId: keys.newest,
        tokenHash: hashToken(token),
        address: addressSubject(address),
      } as const;
      return { change, result: { verdict, token, session } };
    }
  }
}
