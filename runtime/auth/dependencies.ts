import type { Request } from 'express';
import type { z } from 'zod';
import type { Registry } from '../shared/metrics';
import type { PasswordHasher } from '../shared/password-hasher';
import { Problem } from '../shared/problem';
import type { UserPrincipal } from '../shared/tokens';
import type { Account, AccountStore } from './accounts/store';
import type { authContract, SignedIn } from './contract';
import type { AttemptLimits } from './limits';
import type { Post } from './mail/post';
import type { MailTokenStore } from './mail/token-store';
import type { RecentWrites } from './recent-writes';
import type { RefreshCookie } from './sessions/cookie';
import type { Sessions } from './sessions/sessions';
import type { SessionStore } from './sessions/store';

export type AuthConfig = Readonly<z.output<(typeof authContract)['environment']>>;

/** What the handlers are made of. */
export interface AuthParts {
  readonly config: Pick<AuthConfig, 'ALLOWED_ORIGINS' | 'SIGNUP_ROLE'>;
  readonly registry: Registry;
  readonly accounts: AccountStore;
  readonly sessionStore: SessionStore;
  readonly sessions: Sessions;
  readonly hasher: PasswordHasher;
  readonly limits: AttemptLimits;
  readonly mailTokens: MailTokenStore;
  readonly post: Post;
  readonly recentWrites: RecentWrites;
  readonly cookie: RefreshCookie;
  readonly now: () => Date;
}

export interface AuthDependencies extends AuthParts {
  /** Opens a session and says what goes into the answer. */
  signIn(
    account: Account,
    call: { readonly address: string; readonly request: Request },
  ): Promise<{ readonly answer: SignedIn; readonly headers: { readonly 'Set-Cookie': string } }>;
  /** For what an access token alone must not do: its session may have been ended minutes ago. */
  requireOpenSession(principal: UserPrincipal): Promise<void>;
  /** Checks the password again. Throws `invalid-credentials` or `rate-limited`. */
  proveIdentity(account: Account, password: string, address: string): Promise<void>;
}

export function completeDependencies(parts: AuthParts): AuthDependencies {
  const { sessions, cookie, recentWrites, hasher, limits } = parts;
  return {
    ...parts,
    async signIn(account, { address, request }) {
      const opened = await sessions.open(account, { address, userAgent: request.header('user-agent') ?? '' });
      await recentWrites.mark(account.id);
      return {
        answer: opened.answer,
        headers: { 'Set-Cookie': cookie.store(opened.refreshToken, opened.expiresAt) },
      };
    },
    async requireOpenSession(principal) {
      if (!(await sessions.isOpen(principal.sessionId))) throw new Problem('unauthenticated');
    },
    async proveIdentity(account, password, address) {
      await limits.countAttempt(account.handle, address);
      if (!(await hasher.verify(account.passwordHash, password))) throw new Problem('invalid-credentials');
    },
  };
}
