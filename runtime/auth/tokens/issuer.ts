import { randomUUID } from 'node:crypto';
import { createLocalJWKSet, importJWK, type JWTVerifyGetKey, SignJWT } from 'jose';
import { audiences, tokenAlgorithm, tokenTypes } from '../../shared/tokens';
import type { Account } from '../accounts/store';
import { accessTokenSeconds } from '../contract';
import { publicKeys, type SigningKeys, signingKeyAt } from './signing-keys';

export interface AccessTokenIssuer {
  issue(account: Pick<Account, 'id' | 'role' | 'handle'>, sessionId: string): Promise<string>;
  /** The keys our own tokens verify with, so that auth does not ask itself over HTTP. */
  readonly verificationKey: JWTVerifyGetKey;
}

export function createAccessTokenIssuer(options: {
  readonly issuer: string;
  readonly keys: () => SigningKeys;
  readonly now: () => Date;
}): AccessTokenIssuer {
  return {
    async issue(account, sessionId) {
      const now = options.now();
      const { kid, privateJwk } = signingKeyAt(options.keys(), now);
      const issuedAt = Math.floor(now.getTime() / 1_000);
      return new SignJWT({ sid: sessionId, role: account.role, handle: account.handle })
        .setProtectedHeader({ alg: tokenAlgorithm, typ: tokenTypes.user, kid })
        .setIssuer(options.issuer)
        .setAudience(audiences.user)
        .setSubject(account.id)
        .setJti(randomUUID())
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + accessTokenSeconds)
        .sign(await importJWK(privateJwk, tokenAlgorithm));
    },
    verificationKey: (header, token) => createLocalJWKSet(publicKeys(options.keys()))(header, token),
  };
}
