import type { Handlers } from '../../shared/http';
import { newId } from '../../shared/ids';
import { Problem } from '../../shared/problem';
import type { authContract } from '../contract';
import type { AuthDependencies } from '../dependencies';
import { checkStrength } from '../passwords/strength';
import { hashToken } from '../sessions/refresh-token';
import { describeAccount } from './describe';
import type { Account } from './store';

type AccountHandlers = Pick<
  Handlers<typeof authContract>,
  'signUp' | 'getMe' | 'deleteMe' | 'requestEmailConfirmation' | 'confirmEmail' | 'listUsers' | 'updateUser'
>;

const managed = (account: Account) => ({ ...describeAccount(account), disabled: account.disabled });

export function createAccountHandlers(dependencies: AuthDependencies): AccountHandlers {
  const { accounts, sessionStore, signIn, hasher, post, mailTokens, recentWrites, config, now } = dependencies;

  const findRecent = async (userId: string): Promise<Account> => {
    const account = await accounts.find(userId, 'recent');
    if (!account || account.disabled) throw new Problem('unauthenticated');
    return account;
  };

  return {
    async signUp({ body: { email, handle, password }, address, request }) {
      checkStrength(password, { handle, email });
      const account: Account = {
        id: newId('us'),
        handle,
        email,
        emailConfirmed: false,
        passwordHash: await hasher.hash(password),
        role: config.SIGNUP_ROLE,
        disabled: false,
        createdAt: now(),
      };
      if ((await accounts.create(account)) === 'handle-taken') {
        throw new Problem('already-exists', 'this handle is taken');
      }
      post.sendConfirmation(account);
      const { answer, headers } = await signIn(account, { address, request });
      return { status: 201, headers, body: answer };
    },

    async getMe({ principal }) {
      const account = await accounts.find(principal.userId, await recentWrites.freshnessFor(principal.userId));
      if (!account) throw new Problem('unauthenticated');
      return { status: 200, body: describeAccount(account) };
    },

    async deleteMe({ principal, body, address }) {
      await dependencies.requireOpenSession(principal);
      const account = await findRecent(principal.userId);
      await dependencies.proveIdentity(account, body.password, address);
      if ((await accounts.remove(account.id, now())) === 'last-administrator') {
        throw new Problem('conflict', 'the last administrator cannot leave');
      }
      await recentWrites.mark(account.id);
      return { status: 204, headers: { 'Set-Cookie': dependencies.cookie.clear() } };
    },

    async requestEmailConfirmation({ principal }) {
      const account = await findRecent(principal.userId);
      if (!account.emailConfirmed) post.sendConfirmation(account);
      return { status: 202 };
    },

    async confirmEmail({ body }) {
      const redeemed = await mailTokens.redeem(hashToken(body.token), 'confirm-email', now());
      if (!redeemed) throw new Problem('mail-token-rejected');
      if ((await accounts.confirmEmail(redeemed.userId, redeemed.email, now())) === 'taken') {
        throw new Problem('already-exists', 'another account has confirmed this address');
      }
      await recentWrites.mark(redeemed.userId);
      return { status: 204 };
    },

    async listUsers({ query: { prefix = '', after = '', limit } }) {
      const page = await accounts.list({ prefix, after, limit: limit + 1 });
      const users = page.slice(0, limit);
      const next = page.length > limit ? (users.at(-1)?.handle ?? null) : null;
      return { status: 200, body: { users: users.map(managed), next } };
    },

    async updateUser({ principal, params: { userId }, body }) {
      await dependencies.requireOpenSession(principal);
      const changed = await accounts.change(userId, body, now());
      if (changed === undefined) throw new Problem('not-found');
      if (changed === 'last-administrator') throw new Problem('conflict', 'there must be an administrator');
      // Tokens carry the role: the next refresh would hand out the new one, but a disabled account must not wait.
      await sessionStore.revokeAll(userId, 'changed', now());
      await recentWrites.mark(userId);
      return { status: 200, body: managed(changed) };
    },
  };
}
