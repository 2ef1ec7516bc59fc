import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { readSecret } from '../../shared/environment';

export const secretsKey = z.object({
  key: z
    .base64()
    .transform((text) => Buffer.from(text, 'base64'))
    .refine((key) => key.length >= 32, 'a key is 32 bytes or more'),
});

/** One key per purpose out of the mounted one (HKDF, RFC 5869). */
export function deriveKey(file: string, purpose: string): Buffer {
  const { key } = readSecret(file, secretsKey);
  return Buffer.from(hkdfSync('sha256', key, '', `headend ${purpose}`, 32));
}

/** Lets its holder watch one private stream. */
export interface Grants {
  create(stream: GrantSubject, expiresAt: Date): string;
  isValid(grant: string, stream: GrantSubject, now: Date): boolean;
}

export interface GrantSubject {
  readonly id: string;
  /** Part of what is signed: a new passphrase ends all grants of the old one. */
  readonly passphraseHash: string | null;
}

/** `<expiry in seconds>.<HMAC>`: nothing is stored. */
export function createGrants(key: () => Buffer): Grants {
  const sign = ({ id, passphraseHash }: GrantSubject, expiry: number) =>
    createHmac('sha256', key())
      .update(
        JSON.stringify([
          id,
          expiry,
          createHash('sha256')
            .update(passphraseHash ?? '')
            .digest('hex'),
        ]),
      )
      .digest('base64url');
  return {
    create(stream, expiresAt) {
      const expiry = Math.floor(expiresAt.getTime() / 1_000);
      return `${expiry}.${sign(stream, expiry)}`;
    },
    isValid(grant, stream, now) {
      const [, expiryText, mac] = /^(\d{1,12})\.([\w-]{43})$/.exec(grant) ?? [];
      if (expiryText === undefined || mac === undefined) return false;
      const expiry = Number(expiryText);
      const genuine = timingSafeEqual(Buffer.from(mac), Buffer.from(sign(stream, expiry)));
      return genuine && expiry * 1_000 > now.getTime();
    },
  };
}
