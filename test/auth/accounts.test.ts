import { randomUUID } from 'node:crypto';
import { poll } from '../../runtime/local/poll';
import { type Answered, call, webOrigin } from '../contract/service';
import { type AuthUnderTest, startAuth } from './harness';

let auth: AuthUnderTest;
beforeAll(async () => {
  auth = await startAuth();
}, 90_000);
afterAll(() => auth?.stop());

const password = 'correct horse battery';
const newHandle = () => `u${randomUUID().replace(/-/g, '').slice(0, 20)}`;
const csrf = { 'x-headend-client': 'test' };

const post = (path: string, body: unknown, options: Parameters<typeof call>[2] = {}) =>
  call(auth.baseUrl, `/api/auth/${path}`, { method: 'POST', body, ...options });
const get = (path: string, token: string) => call(auth.baseUrl, `/api/auth/${path}`, { token });

const signUp = (handle = newHandle(), email = `${handle}@example.org`) => post('signup', { handle, email, password });

function cookieOf(answer: Answered): string {
  const [pair = ''] = (answer.headers.get('set-cookie') ?? '').split(';');
  return pair;
}

const refresh = (cookie: string, headers: Record<string, string> = csrf) =>
  call(auth.baseUrl, '/api/auth/refresh', { method: 'POST', headers: { cookie, ...headers } });

describe('signing up and in', () => {
  it('opens a session at once, with a host-only strict cookie', async () => {
    const answer = await signUp();
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ expiresInSeconds: 600, user: { role: 'broadcaster', emailConfirmed: false } });
    expect(answer.headers.get('set-cookie')).toMatch(
      /^__Host-headend-refresh=hr_se_\w+\.0\.[\w-]+; Path=\/; HttpOnly; SameSite=Strict; Expires=.*; Secure$/,
    );
    expect((await get('me', answer.body.accessToken)).body.id).toBe(answer.body.user.id);
  });

  it('takes e-mail address or handle to sign in', async () => {
    const { body } = await signUp();
    for (const identifier of [body.user.email.toUpperCase(), body.user.handle]) {
      expect((await post('login', { identifier, password })).status).toBe(200);
    }
  });

  it('says the same of a wrong password, an unknown handle and an unknown address', async () => {
    const { body } = await signUp();
    const answers = await Promise.all(
      [body.user.handle, newHandle(), `${newHandle()}@example.org`].map((identifier) =>
        post('login', { identifier, password: 'not the password' }),
      ),
    );
    for (const answer of answers) {
      expect(answer.status).toBe(401);
      expect({ ...answer.body, requestId: '' }).toEqual({ ...answers[0]?.body, requestId: '' });
      expect(answer.body.code).toBe('invalid-credentials');
    }
  });

  it('takes as long for an unknown account as for a wrong password', async () => {
    // The fastest of each: other load on the machine only ever adds, so that more rounds only bring them closer. Without
    // the dummy hash the unknown account would answer in a fraction of the time, however many there are.
    const fastest = { known: Number.POSITIVE_INFINITY, unknown: Number.POSITIVE_INFINITY };
    const ratio = () => fastest.unknown / fastest.known;
    const isLevel = () => ratio() > 0.67 && ratio() < 1.5;
    for (let attempt = 0; attempt < 6 && !isLevel(); attempt++) {
      const known = await Promise.all([1, 2, 3].map(async () => (await signUp()).body.user.handle as string));
      // In turns, so that other load on the machine falls on both alike.
      for (let round = 0; round < 21; round++) {
        for (const kind of ['known', 'unknown'] as const) {
          const identifier = kind === 'known' ? (known[round % known.length] ?? '') : newHandle();
          const startedAt = performance.now();
          const answer = await post('login', { identifier, password: 'not the password' });
          fastest[kind] = Math.min(fastest[kind], performance.now() - startedAt);
          expect(answer.status).toBe(401);
        }
      }
    }
    expect({ ratio: ratio(), isLevel: isLevel() }).toMatchObject({ isLevel: true });
  });

  it('computes one hash for a refused login, whoever it names', async () => {
    const hashes = async () => {
      const metrics = await (await fetch(`${auth.managementUrl}/metrics`)).text();
      return Number(/^password_hash_seconds_count\{.*\} (\d+)$/m.exec(metrics)?.[1]);
    };
    const { body } = await signUp();
    for (const identifier of [body.user.handle, newHandle(), `${newHandle()}@example.org`]) {
      const before = await hashes();
      await post('login', { identifier, password: 'not the password' });
      expect(await hashes()).toBe(before + 1);
    }
  });

  it('does not tell that an address is in use', async () => {
    const first = await signUp();
    const second = await signUp(newHandle(), first.body.user.email);
    expect(second.status).toBe(201);
    expect(Object.keys(second.body)).toEqual(Object.keys(first.body));
  });

  it('gives a handle to exactly one of twenty who want it at once', async () => {
    const handle = newHandle();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => signUp(handle, `${handle}-${i}@example.org`)),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, ...Array(19).fill(409)]);
  });

  it.each([
    ['a breached password', 'password123'],
    ['its own handle', undefined],
    ['one pattern, repeated', 'abcabcabcabc'],
  ])('refuses %s', async (_name, chosen) => {
    const handle = newHandle();
    const answer = await post('signup', { handle, email: `${handle}@example.org`, password: chosen ?? handle });
    expect([answer.status, answer.body.code]).toEqual([422, 'weak-password']);
  });

  it.each([
    ['64 characters', `${'x9'.repeat(24)}unlikely-ending!`],
    ['1,024 characters', `${'a b'.repeat(341)}!`],
    ['a NUL inside', 'first\u0000second-half'],
    ['composed otherwise than typed', 'na\u00efve caf\u00e9 society'],
  ])('accepts a password of %s and does not cut it', async (_name, chosen) => {
    const handle = newHandle();
    const created = await post('signup', { handle, email: `${handle}@example.org`, password: chosen });
    expect(created.status).toBe(201);
    expect((await post('login', { identifier: handle, password: chosen.normalize('NFD') })).status).toBe(200);
    expect((await post('login', { identifier: handle, password: chosen.slice(0, -1) })).status).toBe(401);
    const beforeNul = chosen.split('\u0000')[0] ?? '';
    if (beforeNul !== chosen) {
      expect((await post('login', { identifier: handle, password: beforeNul })).status).toBe(401);
    }
  });

  it('takes SQL for what it is: an unknown name', async () => {
    const answer = await post('login', { identifier: `' OR 1=1 --`, password: `'; DROP TABLE users; --` });
    expect(answer.status).toBe(401);
    expect((await signUp()).status).toBe(201);
  });

  it('refuses unknown fields, deep JSON and bodies over 64 KiB', async () => {
    const handle = newHandle();
    const extra = await post('signup', { handle, email: `${handle}@example.org`, password, role: 'admin' });
    expect([extra.status, extra.body.code]).toEqual([400, 'invalid-request']);
    const deep = await post('login', `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`);
    expect(deep.status).toBe(400);
    const huge = await post('login', { identifier: 'x'.repeat(70_000), password });
    expect([huge.status, huge.body.code]).toEqual([413, 'payload-too-large']);
  });
});

describe('refreshing', () => {
  it('replaces the token and answers with a new access token', async () => {
    const first = await signUp();
    const answer = await refresh(cookieOf(first));
    expect(answer.status).toBe(200);
    expect(cookieOf(answer)).not.toBe(cookieOf(first));
    expect((await get('me', answer.body.accessToken)).status).toBe(200);
  });

  it('gives fifty who refresh at once one and the same successor', async () => {
    const cookie = cookieOf(await signUp());
    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(cookie)));
    expect(answers.map((answer) => answer.status)).toEqual(Array(50).fill(200));
    expect(new Set(answers.map(cookieOf)).size).toBe(1);
  });

  it('ends the session when a token older than the last comes back', async () => {
    const first = cookieOf(await signUp());
    const second = cookieOf(await refresh(first));
    const third = cookieOf(await refresh(second));
    const reuse = await refresh(first);
    expect([reuse.status, reuse.body.code]).toEqual([401, 'refresh-rejected']);
    expect((await refresh(third)).status).toBe(401);
  });

  it('is not impressed by a made-up token for a real session', async () => {
    const cookie = cookieOf(await signUp());
    const forged = cookie.replace(/\.0\..*/, `.0.${'A'.repeat(43)}`);
    expect((await refresh(forged)).status).toBe(401);
    expect((await refresh(cookie)).status).toBe(200);
  });

  it.each([
    ['without the custom header', {}],
    ['from another origin', { ...csrf, origin: 'https://evil.test' }],
    ['from the origin "null"', { ...csrf, origin: 'null' }],
  ])('is refused %s', async (_name, headers) => {
    const cookie = cookieOf(await signUp());
    expect((await refresh(cookie, headers as Record<string, string>)).status).toBe(403);
    expect((await refresh(cookie, { ...csrf, origin: webOrigin })).status).toBe(200);
  });
});

describe('sessions', () => {
  it('lists where the account is signed in and ends one of them', async () => {
    const { body } = await signUp();
    const other = await post('login', { identifier: body.user.handle, password });
    const { sessions } = (await get('sessions', body.accessToken)).body;
    expect(sessions).toHaveLength(2);
    const foreign = sessions.find((session: { current: boolean }) => !session.current);
    const ended = await call(auth.baseUrl, `/api/auth/sessions/${foreign.id}`, {
      method: 'DELETE',
      token: body.accessToken,
    });
    expect(ended.status).toBe(204);
    expect((await refresh(cookieOf(other))).status).toBe(401);
  });

  it('cannot be ended by somebody else', async () => {
    const [mine, theirs] = await Promise.all([signUp(), signUp()]);
    const { sessions } = (await get('sessions', theirs.body.accessToken)).body;
    const answer = await call(auth.baseUrl, `/api/auth/sessions/${sessions[0].id}`, {
      method: 'DELETE',
      token: mine.body.accessToken,
    });
    expect(answer.status).toBe(404);
  });

  it('all end at a logout everywhere', async () => {
    const first = await signUp();
    const second = await post('login', { identifier: first.body.user.handle, password });
    await post('logout-everywhere', undefined, { token: first.body.accessToken });
    for (const answer of [first, second]) expect((await refresh(cookieOf(answer))).status).toBe(401);
  });

  it('end at a logout, which answers the same without a session', async () => {
    const cookie = cookieOf(await signUp());
    const logOut = (value: string) =>
      call(auth.baseUrl, '/api/auth/logout', { method: 'POST', headers: { ...csrf, cookie: value } });
    expect((await logOut(cookie)).status).toBe(204);
    expect((await logOut('nothing=here')).status).toBe(204);
    expect((await refresh(cookie)).status).toBe(401);
  });
});

describe('passwords', () => {
  it('change with the old one, and other sessions end', async () => {
    const { body } = await signUp();
    const other = await post('login', { identifier: body.user.handle, password });
    const changed = await post(
      'password',
      { password, newPassword: 'another good phrase' },
      { token: body.accessToken },
    );
    expect(changed.status).toBe(204);
    expect((await refresh(cookieOf(other))).status).toBe(401);
    expect((await post('login', { identifier: body.user.handle, password })).status).toBe(401);
  });

  it('do not change for a token whose session was ended', async () => {
    const { body } = await signUp();
    await post('logout-everywhere', undefined, { token: body.accessToken });
    const answer = await post(
      'password',
      { password, newPassword: 'another good phrase' },
      { token: body.accessToken },
    );
    expect([answer.status, answer.body.code]).toEqual([401, 'unauthenticated']);
  });

  it('reset by a mailed link, once, and the address then belongs to the account', async () => {
    const { body } = await signUp();
    expect((await post('password-resets', { email: body.user.email })).status).toBe(202);
    const token = await mailedToken(`${body.user.handle}: `, 'reset-password');
    const reset = (newPassword: string) => post('password-resets/complete', { token, newPassword });
    expect((await reset('a phrase from the mail')).status).toBe(204);
    const again = await reset('another phrase from it');
    expect([again.status, again.body.code]).toEqual([422, 'mail-token-rejected']);
    const back = await post('login', { identifier: body.user.email, password: 'a phrase from the mail' });
    expect(back.body.user.emailConfirmed).toBe(true);
  });

  it('answer the same for an address nobody has', async () => {
    expect((await post('password-resets', { email: `${newHandle()}@example.org` })).status).toBe(202);
  });
});

describe('addresses', () => {
  it('belong to the first account that confirms them', async () => {
    const first = await signUp();
    const second = await signUp(newHandle(), first.body.user.email);
    const tokens = await Promise.all(
      [first, second].map(({ body }) => mailedToken(`account "${body.user.handle}"`, 'confirm-email')),
    );
    expect((await post('email-confirmations/complete', { token: tokens[1] })).status).toBe(204);
    const late = await post('email-confirmations/complete', { token: tokens[0] });
    expect([late.status, late.body.code]).toEqual([409, 'already-exists']);
    const back = await post('login', { identifier: first.body.user.email, password });
    expect(back.body.user.id).toBe(second.body.user.id);
  });
});

describe('leaving', () => {
  it('needs the password, and takes sessions along', async () => {
    const created = await signUp();
    const { body } = created;
    const leave = (secret: string) =>
      call(auth.baseUrl, '/api/auth/me', { method: 'DELETE', token: body.accessToken, body: { password: secret } });
    expect((await leave('not the password')).status).toBe(401);
    expect((await leave(password)).status).toBe(204);
    expect((await get('me', body.accessToken)).status).toBe(401);
    expect((await refresh(cookieOf(created))).status).toBe(401);
  });
});

/** The token of the mail that has `marker` in it; mails are printed after the answer. */
async function mailedToken(marker: string, purpose: string): Promise<string> {
  return poll(
    async () => {
      const text = auth.lines.join('\n');
      const from = text.lastIndexOf(marker);
      const [, token] = new RegExp(`${webOrigin}/${purpose}#(\\w+)`).exec(text.slice(from)) ?? [];
      if (from === -1 || token === undefined) throw new Error('no such mail');
      return token;
    },
    { what: `mail for ${purpose}`, deadlineMs: 5_000 },
  );
}
