import type { Handlers } from '../../shared/http';
import { Counter } from '../../shared/metrics';
import { Problem } from '../../shared/problem';
import type { authContract } from '../contract';
import type { AuthDependencies } from '../dependencies';
import { refuseForgedRequest } from './cookie';
import type { Session } from './store';

type SessionHandlers = Pick<
  Handlers<typeof authContract>,
  'logIn' | 'refresh' | 'logOut' | 'logOutEverywhere' | 'listSessions' | 'revokeSession'
>;

export function createSessionHandlers(dependencies: AuthDependencies): SessionHandlers {
  const { accounts, sessions, sessionStore, signIn, hasher, limits, recentWrites, cookie, config, now } = dependencies;
  const logins = new Counter({
    name: 'auth_logins_total',
    help: 'Login attempts by result.',
    labelNames: ['result'],
    registers: [dependencies.registry],
  });

  return {
    async logIn({ body: { identifier, password }, address, request }) {
      await limits.countAttempt(identifier, address);
      const name = identifier.normalize('NFC').trim().toLowerCase();
      const account = name.includes('@') ? (await accounts.listByEmail(name))[0] : await accounts.findByHandle(name);
      const matches = await hasher.verify(account?.passwordHash, password);
      if (!account || !matches || account.disabled) {
        logins.inc({ result: 'refused' });
        throw new Problem('invalid-credentials');
      }
      logins.inc({ result: 'accepted' });
      if (hasher.isOutdated(account.passwordHash)) {
        await accounts.setPasswordHash(account.id, await hasher.hash(password));
      }
      const { answer, headers } = await signIn(account, { address, request });
      return { status: 200, headers, body: answer };
    },

    async refresh({ address, request }) {
      refuseForgedRequest(request, config.ALLOWED_ORIGINS);
      const token = cookie.read(request);
      if (token === undefined) throw new Problem('refresh-rejected');
      const opened = await sessions.refresh(token, { address, userAgent: '' });
      await recentWrites.mark(opened.answer.user.id);
      const headers = { 'Set-Cookie': cookie.store(opened.refreshToken, opened.expiresAt) };
      return { status: 200, headers, body: opened.answer };
    },

    async logOut({ request }) {
      refuseForgedRequest(request, config.ALLOWED_ORIGINS);
      const token = cookie.read(request);
      if (token !== undefined) await sessions.close(token);
      return { status: 204, headers: { 'Set-Cookie': cookie.clear() } };
    },

    async logOutEverywhere({ principal }) {
      await sessionStore.revokeAll(principal.userId, 'logout', now());
      await recentWrites.mark(principal.userId);
      return { status: 204, headers: { 'Set-Cookie': cookie.clear() } };
    },

    async listSessions({ principal }) {
      const freshness = await recentWrites.freshnessFor(principal.userId);
      const found = await sessionStore.list(principal.userId, now(), freshness);
      return { status: 200, body: { sessions: found.map((session) => describe(session, principal.sessionId)) } };
    },

    async revokeSession({ principal, params: { sessionId } }) {
      if (!(await sessionStore.revoke(principal.userId, sessionId, 'revoked', now()))) throw new Problem('not-found');
      await recentWrites.mark(principal.userId);
      return { status: 204 };
    },
  };
}

function describe(session: Session, currentId: string) {
  return {
    id: session.id,
    current: session.id === currentId,
    createdAt: session.createdAt.toISOString(),
    lastUsedAt: session.lastUsedAt.toISOString(),
    expiresAt: session.expiresAt.toISOString(),
    userAgent: session.userAgent,
    address: session.address,
  };
}
