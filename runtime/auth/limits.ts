import { createHash } from 'node:crypto';
import { Problem } from '../shared/problem';
import { addressSubject, type Limit, type RateLimiter } from '../shared/rate-limit';

/**
 * Beside the route's own limit per address: guessing one account from many addresses, and from one. The limits slow an
 * attacker down and never lock the owner out for good (OWASP Authentication Cheat Sheet).
 */
const perAccount: Limit = { burst: 20, perMinute: 10, subject: 'user' };
const perAccountAndAddress: Limit = { burst: 8, perMinute: 5, subject: 'user' };
const perMailbox: Limit = { burst: 3, perMinute: 0.1, subject: 'user' };

export interface AttemptLimits {
  /** Counts one attempt to prove a password. Throws `rate-limited`. */
  countAttempt(identifier: string, address: string): Promise<void>;
  /** Whether another mail may go to this address now. */
  mayMail(email: string): Promise<boolean>;
}

export function createAttemptLimits(rateLimiter: RateLimiter): AttemptLimits {
  return {
    async countAttempt(identifier, address) {
      const account = anonymous(identifier);
      const verdicts = await Promise.all([
        rateLimiter.take('auth:account', perAccount, account),
        rateLimiter.take('auth:pair', perAccountAndAddress, `${account}:${addressSubject(address)}`),
      ]);
      const refused = verdicts.filter((verdict) => !verdict.allowed);
      if (refused.length === 0) return;
      const retryAfterSeconds = Math.max(...refused.map((verdict) => verdict.retryAfterSeconds));
      throw new Problem('rate-limited', undefined, { retryAfterSeconds });
    },
    async mayMail(email) {
      return (await rateLimiter.take('auth:mail', perMailbox, anonymous(email))).allowed;
    },
  };
}

/** Redis learns no addresses. */
const anonymous = (identifier: string) =>
  createHash('sha256').update(identifier.normalize('NFC').trim().toLowerCase()).digest('base64url');
