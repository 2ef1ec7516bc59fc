import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { readSecret } from '../../shared/environment';

/** Server keys behind refresh tokens, newest first. */
export interface RefreshKeys {
  readonly newest: string;
  find(kid: string): Buffer | undefined;
  all(): readonly Buffer[];
}

export const refreshKeysSecret = z.object({
  keys: z
    .array(z.object({ kid: z.string(), key: z.base64().transform((text) => Buffer.from(text, 'base64')) }))
    .min(1)
    .refine((keys) => keys.every(({ key }) => key.length >= 32), 'a key is 32 bytes or more'),
});

export function readRefreshKeys(file: string): RefreshKeys {
  const { keys } = readSecret(file, refreshKeysSecret);
  const byId = new Map(keys.map(({ kid, key }) => [kid, key]));
  const [first] = keys;
  if (!first) throw new Error('there is no refresh key');
  return { newest: first.kid, find: (kid) => byId.get(kid), all: () => [...byId.values()] };
}

export interface RefreshToken {
  readonly sessionId: string;
  /** How many tokens of the session came before. */
  readonly counter: number;
  readonly mac: string;
}

/**
 * The `counter`-th refresh token of a session: an HMAC, so that a lost answer can be repeated although only the token's
 * hash is stored.
 */
export function formatRefreshToken(key: Buffer, sessionId: string, counter: number): string {
  return `hr_${sessionId}.${counter}.${macOf(key, sessionId, counter)}`;
}

const macOf = (key: Buffer, sessionId: string, counter: number) =>
  createHmac('sha256', key).update(`refresh:${sessionId}.${counter}`).digest('base64url');

export function parseRefreshToken(text: string): RefreshToken | undefined {
  const parts = /^hr_(se_[0-9a-z]{20})\.(\d{1,9})\.([\w-]{43})$/.exec(text);
  const [, sessionId, counter, mac] = parts ?? [];
  if (sessionId === undefined || counter === undefined || mac === undefined) return undefined;
  return { sessionId, counter: Number(counter), mac };
}

/** Whether one of our keys made the token; what others made up must not end anyone's session. */
export function isGenuine(keys: RefreshKeys, token: RefreshToken): boolean {
  const given = Buffer.from(token.mac);
  return keys.all().some((key) => timingSafeEqual(given, Buffer.from(macOf(key, token.sessionId, token.counter))));
}

export const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest();
