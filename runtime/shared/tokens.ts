import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  importJWK,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  jwtVerify,
  SignJWT,
} from 'jose';
import { z } from 'zod';
import { type Role, roles, type ServiceName } from './contract';
import { Problem } from './problem';

/** `aud` of what users carry and of what Headend's own processes carry: neither is accepted in the other's place. */
export const audiences = { user: 'headend:api', service: 'headend:internal' } as const;

export const tokenTypes = { user: 'at+jwt', service: 'headend-service+jwt' } as const;

/** One signature algorithm everywhere; a key of another kind never verifies (RFC 8725 § 3.1). */
export const tokenAlgorithm = 'EdDSA';

const clockToleranceSeconds = 30;
const longestTokenBytes = 4_096;

export interface UserPrincipal {
  readonly kind: 'user';
  readonly userId: string;
  readonly sessionId: string;
  readonly role: Role;
  readonly handle: string;
}

export interface ServicePrincipal {
  readonly kind: 'service';
  readonly service: string;
}

export type Principal = UserPrincipal | ServicePrincipal;

/** Checks a bearer token. Throws {@link Problem} `unauthenticated` for a bad one, `unavailable` without keys. */
export type Verify<P extends Principal> = (token: string) => Promise<P>;

const userClaims = z.object({
  sub: z.string().min(1),
  sid: z.string().min(1),
  role: z.enum(roles),
  handle: z.string().min(1),
  exp: z.number(),
});

/** Where a verifier's public keys come from: another service's URL, or a function of one's own. */
export type KeySource = { readonly jwksUrl: string } | { readonly keys: JWTVerifyGetKey };

/** Verifies users' access tokens against auth's published keys. `issuer` is the configured `iss`. */
export function createUserVerifier(options: KeySource & { readonly issuer: string }): Verify<UserPrincipal> {
  const keys = 'keys' in options ? options.keys : remoteKeys(options.jwksUrl);
  return cached(async (token) => {
    const payload = await verify(token, keys, options.issuer, 'user', ['sub', 'sid', 'jti', 'exp', 'iat']);
    const claims = userClaims.safeParse(payload);
    if (!claims.success) throw rejected();
    const { sub, sid, role, handle, exp } = claims.data;
    return { principal: { kind: 'user', userId: sub, sessionId: sid, role, handle }, expiresAtSeconds: exp };
  });
}

const refetchKeysMs = 300_000;

/**
 * Keys fetched once are used until newer ones are there: while auth is away, those who are signed in stay so. An unknown
 * key id fetches at once, at most every 30 seconds.
 */
function remoteKeys(url: string): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(new URL(url), {
    timeoutDuration: 3_000,
    cooldownDuration: 30_000,
    cacheMaxAge: Number.POSITIVE_INFINITY,
  });
  let refetchAtMs = Date.now() + refetchKeysMs;
  return (header, token) => {
    if (keys.jwks() !== undefined && Date.now() >= refetchAtMs) {
      refetchAtMs = Date.now() + refetchKeysMs;
      keys.reload().catch(() => {
        refetchAtMs = Date.now() + 10_000;
      });
    }
    return keys(header, token);
  };
}

export const serviceTokenIssuer = 'headend:services';

/** Verifies other Headend processes' tokens against the mounted JWKS document, read again when a key is unknown. */
export function createServiceVerifier(jwksFile: string): Verify<ServicePrincipal> {
  const read = () => createLocalJWKSet(JSON.parse(readFileSync(jwksFile, 'utf8')) as JSONWebKeySet);
  let keys = read();
  const keysWithReload: JWTVerifyGetKey = async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      keys = read();
      return keys(header, token);
    }
  };
  return cached(async (token) => {
    const payload = await verify(token, keysWithReload, serviceTokenIssuer, 'service', ['sub', 'exp', 'iat']);
    return {
      principal: { kind: 'service', service: String(payload.sub) },
      expiresAtSeconds: Number(payload.exp),
    };
  });
}

const serviceTokenSeconds = 300;

/** Makes this process's own service token, reused until a minute before it ends. The key file is read at each signing. */
export function createServiceTokens(service: ServiceName, keyFile: string): () => Promise<string> {
  let current: { readonly token: string; readonly renewAtMs: number } | undefined;
  return async () => {
    if (current && Date.now() < current.renewAtMs) return current.token;
    const jwk = JSON.parse(readFileSync(keyFile, 'utf8')) as { kid?: string };
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: tokenAlgorithm, typ: tokenTypes.service, kid: jwk.kid ?? '' })
      .setIssuer(serviceTokenIssuer)
      .setAudience(audiences.service)
      .setSubject(service)
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime(`${serviceTokenSeconds}s`)
      .sign(await importJWK(jwk, tokenAlgorithm));
    current = { token, renewAtMs: Date.now() + (serviceTokenSeconds - 60) * 1_000 };
    return token;
  };
}

async function verify(
  token: string,
  keys: JWTVerifyGetKey,
  issuer: string,
  kind: keyof typeof audiences,
  requiredClaims: string[],
) {
  if (token.length > longestTokenBytes) throw rejected();
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: [tokenAlgorithm],
      issuer,
      audience: audiences[kind],
      typ: tokenTypes[kind],
      requiredClaims,
      clockTolerance: clockToleranceSeconds,
    });
    if (typeof payload.aud !== 'string') throw rejected();
    return payload;
  } catch (error) {
    if (error instanceof Problem) throw error;
    if (keysAreMissing(error)) {
      throw new Problem('unavailable', 'token keys cannot be fetched', { retryAfterSeconds: 2, cause: error });
    }
    throw rejected(error);
  }
}

/** A key set that cannot be fetched or read is our fault, not the caller's. */
function keysAreMissing(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return true;
  // The generic code is what a key set's wrong HTTP status or body is reported with.
  return ['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC'].includes(error.code);
}

function rejected(cause?: unknown): Problem {
  return new Problem('unauthenticated', undefined, { cause });
}

const cacheSize = 10_000;

/** An EdDSA check costs about 0.3 ms of CPU: the same token is checked once until it ends. */
function cached<P extends Principal>(
  check: (token: string) => Promise<{ readonly principal: P; readonly expiresAtSeconds: number }>,
): Verify<P> {
  const known = new Map<string, { readonly principal: P; readonly expiresAtSeconds: number }>();
  return async (token) => {
    const hit = known.get(token);
    if (hit && Date.now() / 1_000 < hit.expiresAtSeconds) return hit.principal;
    const fresh = await check(token);
    if (known.size >= cacheSize) known.delete(known.keys().next().value as string);
    known.set(token, fresh);
    return fresh.principal;
  };
}
