import { createHash, timingSafeEqual } from 'node:crypto';
import { randomText } from '../../shared/ids';

/** `hk_<id>_<secret>`: the id finds the row, the secret is 160 random bits. */
export function newStreamKey(keyId: string): string {
  return `hk_${keyId.slice('ke_'.length)}_${randomText(32)}`;
}

/** A browser's short token; looks like a key, because it travels the same way. */
export function newPublishToken(tokenId: string): string {
  return `hb_${tokenId.slice('pt_'.length)}_${randomText(32)}`;
}

export type PresentedKey =
  | { readonly kind: 'key'; readonly id: string }
  | { readonly kind: 'publish-token'; readonly id: string };

/** The id inside what an encoder sent, or `undefined` when it is neither of ours. */
export function parsePresentedKey(text: string): PresentedKey | undefined {
  const [, prefix, id] = /^(hk|hb)_([0-9a-z]{20})_[0-9a-z]{32}$/.exec(text) ?? [];
  if (prefix === undefined || id === undefined) return undefined;
  return prefix === 'hk' ? { kind: 'key', id: `ke_${id}` } : { kind: 'publish-token', id: `pt_${id}` };
}

export const hashSecret = (secret: string): Buffer => createHash('sha256').update(secret).digest();

export const matchesHash = (secret: string, hash: Buffer): boolean => timingSafeEqual(hashSecret(secret), hash);
