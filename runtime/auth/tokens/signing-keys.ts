import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { z } from 'zod';
import { tokenAlgorithm } from '../../shared/tokens';
import { accessTokenSeconds } from '../contract';

/** A new key is published this long before it signs: longer than verifiers cache the key set (ten minutes). */
export const publishAheadSeconds = 900;

/** Clock skew that verifiers tolerate, with room. */
const skewSeconds = 60;

const privateJwk = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  d: z.string(),
});

export const signingKeysFile = z.object({
  keys: z.array(z.object({ kid: z.string(), activeFrom: z.iso.datetime(), privateJwk })).min(1),
});
export type SigningKeys = z.infer<typeof signingKeysFile>;
export type SigningKey = SigningKeys['keys'][number];

const startOf = (key: SigningKey) => Date.parse(key.activeFrom);

/** The key that signs at `now`: the newest active one. Throws when none is active yet. */
export function signingKeyAt({ keys }: SigningKeys, now: Date): SigningKey {
  const active = keys.filter((key) => startOf(key) <= now.getTime());
  const [newest] = active.sort((one, other) => startOf(other) - startOf(one));
  if (!newest) throw new Error('no signing key is active yet');
  return newest;
}

/**
 * The next set: one more key, active when every verifier has had time to see it, and without the keys whose last token
 * has run out. Keys that still sign or verify stay, so rotation can be repeated at any time.
 */
export function rotateSigningKeys(current: SigningKeys, added: Omit<SigningKey, 'activeFrom'>, now: Date): SigningKeys {
  const activeFrom = new Date(now.getTime() + publishAheadSeconds * 1_000).toISOString();
  const inForce = signingKeyAt(current, now);
  const retiredBefore = now.getTime() - (accessTokenSeconds + skewSeconds) * 1_000;
  const stillNeeded =
    startOf(inForce) > retiredBefore ? current.keys : current.keys.filter((key) => startOf(key) >= startOf(inForce));
  return { keys: [...stillNeeded, { ...added, activeFrom }] };
}

export async function generateSigningKey(): Promise<Omit<SigningKey, 'activeFrom'>> {
  const { privateKey } = await generateKeyPair(tokenAlgorithm, { extractable: true });
  return { kid: randomBytes(8).toString('hex'), privateJwk: privateJwk.parse(await exportJWK(privateKey)) };
}

/** The first set of an installation: one key, active at once. */
export async function firstSigningKeys(now: Date): Promise<SigningKeys> {
  return { keys: [{ ...(await generateSigningKey()), activeFrom: now.toISOString() }] };
}

export type PublicJwk = Required<Pick<JWK, 'kty' | 'crv' | 'x' | 'kid' | 'alg' | 'use'>> & {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly alg: 'EdDSA';
  readonly use: 'sig';
};

export function publicKeys({ keys }: SigningKeys): { keys: PublicJwk[] } {
  return {
    keys: keys.map(({ kid, privateJwk: { kty, crv, x } }) => ({ kty, crv, x, kid, alg: tokenAlgorithm, use: 'sig' })),
  };
}

/** Reads the mounted file again whenever it was replaced. */
export function watchSigningKeys(file: string): () => SigningKeys {
  let read: { readonly version: string; readonly keys: SigningKeys } | undefined;
  return () => {
    const { mtimeMs, ino, size } = statSync(file);
    const version = `${ino}:${mtimeMs}:${size}`;
    if (read?.version !== version) {
      read = { version, keys: signingKeysFile.parse(JSON.parse(readFileSync(file, 'utf8'))) };
    }
    return read.keys;
  };
}
