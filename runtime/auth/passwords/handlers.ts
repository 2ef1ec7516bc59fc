import type { Handlers } from '../../shared/http';
import { Problem } from '../../shared/problem';
import type { authContract } from '../contract';
import type { AuthDependencies } from '../dependencies';
import { hashToken } from '../sessions/refresh-token';
import { checkStrength } from './strength';

type PasswordHandlers = Pick<
  Handlers<typeof authContract>,
  'changePassword' | 'requestPasswordReset' | 'resetPassword'
>;

export function createPasswordHandlers(dependencies: AuthDependencies): PasswordHandlers {
  const { accounts, sessionStore, hasher, mailTokens, post, recentWrites, now } = dependencies;
  return {
    async changePassword({ principal, body: { password, newPassword }, address }) {
      await dependencies.requireOpenSession(principal);
      const account = await accounts.find(principal.userId, 'recent');
      if (!account) throw new Problem('unauthenticated');
      await dependencies.proveIdentity(account, password, address);
      checkStrength(newPassword, account);
      await accounts.setPasswordHash(account.id, await hasher.hash(newPassword));
      await sessionStore.revokeAll(account.id, 'password', now(), principal.sessionId);
      await recentWrites.mark(account.id);
      return { status: 204 };
    },

    async requestPasswordReset({ body: { email } }) {
      post.sendPasswordReset(email);
      return { status: 202 };
    },

    async resetPassword({ body: { token, newPassword } }) {
      // Strength first: a refused password must not use up the token.
      checkStrength(newPassword, { handle: '', email: '' });
      const passwordHash = await hasher.hash(newPassword);
      const redeemed = await mailTokens.redeem(hashToken(token), 'reset-password', now());
      if (!redeemed) throw new Problem('mail-token-rejected');
      await accounts.setPasswordHash(redeemed.userId, passwordHash);
      await sessionStore.revokeAll(redeemed.userId, 'password', now());
      // Who reads the mailbox owns the address; another account that confirmed it earlier keeps it.
      await accounts.confirmEmail(redeemed.userId, redeemed.email, now());
      await recentWrites.mark(redeemed.userId);
      return { status: 204 };
    },
  };
}
