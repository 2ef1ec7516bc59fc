import { randomBytes } from 'node:crypto';
import { formatRefreshToken, parseRefreshToken } from '../../runtime/auth/sessions/refresh-token';
import { decideRefresh, graceSeconds, type SessionState } from '../../runtime/auth/sessions/rules';
import {
  firstSigningKeys,
  generateSigningKey,
  publicKeys,
  publishAheadSeconds,
  rotateSigningKeys,
  signingKeyAt,
} from '../../runtime/auth/tokens/signing-keys';
import { BoundedQueue } from '../../runtime/shared/bounded-queue';

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1_000);

describe('a refresh', () => {
  const current = Buffer.from('current');
  const previous = Buffer.from('previous');
  const old = Buffer.from('old');
  const session: SessionState = {
    currentHash: current,
    previousHash: previous,
    rotatedAt: at(0),
    expiresAt: at(1_000),
    revokedAt: null,
  };
  it.each([
    ['rotates the token in force', current, true, 5, 'rotate'],
    ['rotates it at any age', current, true, 999, 'rotate'],
    ['repeats the successor within the grace', previous, true, graceSeconds, 'repeat'],
    ['ends the session for the predecessor after the grace', previous, true, graceSeconds + 1, 'revoke'],
    ['ends the session for an older token, even within the grace', old, true, 1, 'revoke'],
    ['rejects what we never made', old, false, 1, 'reject'],
    ['rejects everything after the session has ended', current, true, 1_000, 'reject'],
  ] as const)('%s', (_name, hash, genuine, seconds, verdict) => {
    expect(decideRefresh(session, { hash, genuine }, at(seconds))).toBe(verdict);
  });

  it('of a revoked session is rejected', () => {
    const revoked = { ...session, revokedAt: at(1) };
    expect(decideRefresh(revoked, { hash: current, genuine: true }, at(2))).toBe('reject');
  });
});

describe('a refresh token', () => {
  const key = randomBytes(32);
  it('is read back as it was made', () => {
    const text = formatRefreshToken(key, 'se_00000000000000000000', 7);
    expect(parseRefreshToken(text)).toMatchObject({ sessionId: 'se_00000000000000000000', counter: 7 });
  });

  it.each([
    '',
    'hr_',
    'hr_se_0.1.x',
    `hr_se_00000000000000000000.-1.${'A'.repeat(43)}`,
    `hr_se_00000000000000000000.1e3.${'A'.repeat(43)}`,
  ])('is not %j', (text) => expect(parseRefreshToken(text)).toBeUndefined());
});

describe('rotating signing keys', () => {
  it('publishes a key well before it signs, and keeps the old one until its last token has ended', async () => {
    const first = await firstSigningKeys(at(0));
    const [oldKey] = first.keys;
    const second = rotateSigningKeys(first, await generateSigningKey(), at(100));
    expect(publicKeys(second).keys).toHaveLength(2);
    expect(signingKeyAt(second, at(100 + publishAheadSeconds - 1)).kid).toBe(oldKey?.kid);
    expect(signingKeyAt(second, at(100 + publishAheadSeconds)).kid).not.toBe(oldKey?.kid);

    const soonAgain = rotateSigningKeys(second, await generateSigningKey(), at(100 + publishAheadSeconds + 600));
    expect(soonAgain.keys).toHaveLength(3);
    const later = rotateSigningKeys(second, await generateSigningKey(), at(100 + publishAheadSeconds + 700));
    expect(later.keys.map(({ kid }) => kid)).not.toContain(oldKey?.kid);
    expect(later.keys).toHaveLength(2);
  });

  it('never shows the private half', async () => {
    expect(JSON.stringify(publicKeys(await firstSigningKeys(at(0))))).not.toMatch(/"d":/);
  });

  it('has no key to sign with before the first is active', async () => {
    const future = await firstSigningKeys(at(10));
    expect(() => signingKeyAt(future, at(9))).toThrow('no signing key is active yet');
  });
});

describe('the queue in front of password hashing', () => {
  it('runs a few at once, lets some wait in order and refuses the rest', async () => {
    const queue = new BoundedQueue(2, 3);
    const order: number[] = [];
    const finish: (() => void)[] = [];
    const work = (id: number) =>
      queue.run(async () => {
        order.push(id);
        await new Promise<void>((resolve) => finish.push(resolve));
      });
    const accepted = [1, 2, 3, 4, 5].map(work);
    await expect(work(6)).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 2 });
    expect(order).toEqual([1, 2]);
    while (finish.length > 0) {
      finish.shift()?.();
      // The next one starts in the same turn of the event loop.
      await new Promise(setImmediate);
    }
    await Promise.all(accepted);
    expect(order).toEqual([1, 2, 3, 4, 5]);
    expect(queue.length).toBe(0);
  });

  it('hands its place on when work fails', async () => {
    const queue = new BoundedQueue(1, 1);
    const failing = queue.run(async () => {
      throw new Error('no');
    });
    const next = queue.run(async () => 'yes');
    await expect(failing).rejects.toThrow('no');
    await expect(next).resolves.toBe('yes');
  });
});
