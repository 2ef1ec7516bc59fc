import type { Account, Freshness } from '../accounts/store';
import type { SessionState } from './rules';

export interface Session {
  readonly id: string;
  readonly userId: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
  readonly userAgent: string;
  readonly address: string;
}

export interface NewSession extends Session {
  readonly keyId: string;
  readonly tokenHash: Buffer;
}

export interface LockedSession extends SessionState {
  readonly counter: number;
  readonly keyId: string;
  readonly account: Account;
}

/** What a refresh does to the locked session; nothing at all when the token is refused. */
export type SessionChange =
  | { readonly kind: 'keep' }
  | { readonly kind: 'revoke'; readonly reason: RevocationReason }
  | {
      readonly kind: 'rotate';
      readonly counter: number;
      readonly keyId: string;
      readonly tokenHash: Buffer;
      readonly address: string;
    };

export type RevocationReason = 'logout' | 'reuse' | 'revoked' | 'password' | 'changed';

export interface SessionStore {
  create(session: NewSession): Promise<void>;
  /**
   * Locks the session, lets `decide` look at it and does what it says in the same transaction. Resolves to what
   * `decide` answered, or `undefined` without such a session or with its account disabled.
   */
  update<T>(
    sessionId: string,
    at: Date,
    decide: (session: LockedSession) => { readonly change: SessionChange; readonly result: T },
  ): Promise<T | undefined>;
  /** Sessions that can still be refreshed, latest use first. */
  list(userId: string, at: Date, freshness: Freshness): Promise<readonly Session[]>;
  /** Whether the session can still be refreshed. Always recent. */
  isOpen(sessionId: string, at: Date): Promise<boolean>;
  /** `false` when the user has no such open session. */
  revoke(userId: string, sessionId: string, reason: RevocationReason, at: Date): Promise<boolean>;
  revokeAll(userId: string, reason: RevocationReason, at: Date, except?: string): Promise<void>;
  /** Removes what ended before `before`. */
  sweep(before: Date): Promise<void>;
}
