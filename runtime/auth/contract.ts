import { z } from 'zod';
import { defineRoute, defineService, line, roles } from '../shared/contract';
import {
  baseEnvironment,
  field,
  postgresEnvironment,
  redisEnvironment,
  serviceIdentityEnvironment,
  tokenEnvironment,
} from '../shared/environment';

/**
 * Header that every call carrying the refresh cookie must have, with any value. A cross-origin page cannot add it
 * without a preflight, which only the configured origins pass; `Origin` is checked as well.
 */
export const csrfHeader = 'x-headend-client';

/** The name behind the cookie; secure deployments prefix it with `__Host-` (RFC 6265bis § 4.1.3.2). */
export const refreshCookieName = 'headend-refresh';

export const accessTokenSeconds = 600;

/** 3 to 30 of a-z, 0-9, `_` and `-`, beginning with a letter; compared without regard to case. */
export const handle = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z][a-z0-9_-]{2,29}$/, '3 to 30 of a-z, 0-9, _ and -, beginning with a letter');

/** Taken as NFC and in lower case. */
const email = z.email({ pattern: z.regexes.unicodeEmail }).max(254).normalize('NFC').toLowerCase();

/** Length is the only rule of form (NIST SP 800-63B § 5.1.1.2); common passwords are refused as `weak-password`. */
const newPassword = z.string().min(8).max(1_024);
const presentedPassword = z.string().min(1).max(1_024);
const mailedToken = z.string().min(20).max(200);

export const userId = z.string().regex(/^us_[0-9a-z]{20}$/);
export const sessionId = z.string().regex(/^se_[0-9a-z]{20}$/);

export const user = z.object({
  id: userId,
  handle: z.string(),
  email: z.string(),
  /** Whether the address was confirmed through a mail. Until then it does not belong to the account. */
  emailConfirmed: z.boolean(),
  role: z.enum(roles),
  createdAt: z.iso.datetime(),
});
export type User = z.infer<typeof user>;

/** What login, sign-up and refresh answer. The refresh token is in the cookie, never in the body. */
export const signedIn = z.object({
  /** JWT for `Authorization: Bearer`. Keep it in memory only. */
  accessToken: z.string(),
  expiresInSeconds: z.number().int(),
  user,
});
export type SignedIn = z.infer<typeof signedIn>;

export const session = z.object({
  id: sessionId,
  /** Whether it is the caller's own. */
  current: z.boolean(),
  createdAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  userAgent: z.string(),
  /** Where it was last used from; IPv6 as its /56. */
  address: z.string(),
});

/** One account as an administrator sees it. */
export const managedUser = user.extend({ disabled: z.boolean() });

const cookieRoute = { auth: 'refresh-cookie', rateLimit: 'refresh', cors: 'app' } as const;

export const authContract = defineService({
  name: 'auth',
  description: 'Accounts, sessions and the keys that access tokens verify against.',
  port: 8101,
  managementPort: 9101,
  prefixes: ['/api/auth/'],
  environment: z.object({
    ...baseEnvironment,
    ...postgresEnvironment,
    ...redisEnvironment,
    ...serviceIdentityEnvironment,
    TOKEN_ISSUER: tokenEnvironment.TOKEN_ISSUER,
    SERVICE_JWKS_FILE: tokenEnvironment.SERVICE_JWKS_FILE,
    /**
     * JSON `{ "keys": [{ "kid", "activeFrom": ISO time, "privateJwk": Ed25519 JWK }] }`. Signs with the newest active
     * key, publishes all; read again when it changes. Written by `npx headend keys rotate`.
     */
    SIGNING_KEYS_FILE: field.secretFile,
    /**
     * JSON `{ "keys": [{ "kid", "key": base64 of 32 bytes or more }] }`, newest first. Refresh tokens are HMACs
     * under the first; an older one stays for as long as its sessions are to be watched for reuse.
     */
    REFRESH_KEYS_FILE: field.secretFile,
    /** Whether cookies are `Secure` and `__Host-`; `false` only where the page itself is plain http. */
    REFRESH_COOKIE_SECURE: field.flag.default(true),
    /** Absolute length of a session, however often it is refreshed. */
    SESSION_DAYS: z.coerce.number().int().min(1).max(90).default(30),
    /** Role of a new account: `viewer` where an administrator decides who broadcasts. */
    SIGNUP_ROLE: z.enum(['viewer', 'broadcaster']).default('broadcaster'),
    /** Password hashes computed at once; each takes 19 MiB and one core for about 20 ms. */
    HASH_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(2),
    /** `stdout` prints each mail instead of sending it. */
    MAIL_TRANSPORT: z.enum(['smtp', 'stdout']),
    /** `smtp(s)://host:port`; with `smtp`. */
    SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
    /** JSON `{ "username", "password" }`; with `smtp`. */
    SMTP_CREDENTIALS_FILE: z.string().optional(),
    MAIL_FROM: z.string().default('Headend <no-reply@localhost>'),
    /** Stream service, told when an account is deleted. */
    STREAM_URL: z.url({ protocol: /^https?$/ }),
  }),
  routes: {
    signUp: defineRoute({
      method: 'POST',
      path: '/api/auth/signup',
      summary: 'Create an account and sign in. An address that another account uses is not told; a taken handle is.',
      auth: 'public',
      rateLimit: 'signup',
      cors: 'app',
      body: z.strictObject({ email, handle, password: newPassword }),
      problems: ['already-exists', 'weak-password', 'unavailable'],
      responses: { 201: signedIn },
    }),
    logIn: defineRoute({
      method: 'POST',
      path: '/api/auth/login',
      summary: 'Sign in with an e-mail address or a handle.',
      auth: 'public',
      rateLimit: 'login',
      cors: 'app',
      body: z.strictObject({
        /** E-mail address or handle. */
        identifier: line.min(1).max(254),
        password: presentedPassword,
      }),
      problems: ['invalid-credentials', 'unavailable'],
      responses: { 200: signedIn },
    }),
    refresh: defineRoute({
      method: 'POST',
      path: '/api/auth/refresh',
      summary: `Exchange the refresh cookie for a new one and an access token. Needs the header ${csrfHeader}.`,
      ...cookieRoute,
      problems: ['refresh-rejected', 'forbidden'],
      responses: { 200: signedIn },
    }),
    logOut: defineRoute({
      method: 'POST',
      path: '/api/auth/logout',
      summary: `End the cookie's session. Answers the same when there is none. Needs the header ${csrfHeader}.`,
      ...cookieRoute,
      problems: ['forbidden'],
      responses: { 204: null },
    }),
    logOutEverywhere: defineRoute({
      method: 'POST',
      path: '/api/auth/logout-everywhere',
      summary: 'End every session of the account, this one included.',
      auth: 'user',
      rateLimit: 'write',
      cors: 'app',
      responses: { 204: null },
    }),
    getMe: defineRoute({
      method: 'GET',
      path: '/api/auth/me',
      summary: 'The signed-in account.',
      auth: 'user',
      rateLimit: 'read',
      cors: 'app',
      responses: { 200: user },
    }),
    deleteMe: defineRoute({
      method: 'DELETE',
      path: '/api/auth/me',
      summary: 'Delete the account with its channels, recordings and sessions. Cannot be undone.',
      auth: 'user',
      rateLimit: 'write',
      cors: 'app',
      body: z.strictObject({ password: presentedPassword }),
      problems: ['invalid-credentials', 'unavailable'],
      responses: { 204: null },
    }),
    listSessions: defineRoute({
      method: 'GET',
      path: '/api/auth/sessions',
      summary: 'Where the account is signed in, latest use first.',
      auth: 'user',
      rateLimit: 'read',
      cors: 'app',
      responses: { 200: z.object({ sessions: z.array(session) }) },
    }),
    revokeSession: defineRoute({
      method: 'DELETE',
      path: '/api/auth/sessions/:sessionId',
      summary: 'End one session of the account.',
      auth: 'user',
      rateLimit: 'write',
      cors: 'app',
      params: z.object({ sessionId }),
      responses: { 204: null },
    }),
    changePassword: defineRoute({
      method: 'POST',
      path: '/api/auth/password',
      summary: 'Change the password; every other session ends.',
      auth: 'user',
      rateLimit: 'write',
      cors: 'app',
      body: z.strictObject({ password: presentedPassword, newPassword }),
      problems: ['invalid-credentials', 'weak-password', 'unavailable'],
      responses: { 204: null },
    }),
    requestPasswordReset: defineRoute({
      method: 'POST',
      path: '/api/auth/password-resets',
      summary: 'Mail a link to choose a new password. Answers the same whether or not there is an account.',
      auth: 'public',
      rateLimit: 'signup',
      cors: 'app',
      body: z.strictObject({ email }),
      responses: { 202: null },
    }),
    resetPassword: defineRoute({
      method: 'POST',
      path: '/api/auth/password-resets/complete',
      summary: 'Choose a new password with the mailed token, once; every session ends and the address is confirmed.',
      auth: 'public',
      rateLimit: 'login',
      cors: 'app',
      body: z.strictObject({ token: mailedToken, newPassword }),
      problems: ['mail-token-rejected', 'weak-password', 'unavailable'],
      responses: { 204: null },
    }),
    requestEmailConfirmation: defineRoute({
      method: 'POST',
      path: '/api/auth/email-confirmations',
      summary: 'Mail the confirmation link again.',
      auth: 'user',
      rateLimit: 'signup',
      cors: 'app',
      responses: { 202: null },
    }),
    confirmEmail: defineRoute({
      method: 'POST',
      path: '/api/auth/email-confirmations/complete',
      summary: 'Confirm the address with the mailed token, once. From then on it belongs to this account alone.',
      auth: 'public',
      rateLimit: 'login',
      cors: 'app',
      body: z.strictObject({ token: mailedToken }),
      problems: ['mail-token-rejected', 'already-exists'],
      responses: { 204: null },
    }),
    getJwks: defineRoute({
      method: 'GET',
      path: '/api/auth/jwks',
      summary: 'The public keys that access tokens verify against (RFC 7517). Cacheable for ten minutes.',
      auth: 'public',
      rateLimit: 'none',
      cors: 'any',
      responses: {
        200: z.object({
          keys: z.array(
            z.object({
              kty: z.literal('OKP'),
              crv: z.literal('Ed25519'),
              x: z.string(),
              kid: z.string(),
              alg: z.literal('EdDSA'),
              use: z.literal('sig'),
            }),
          ),
        }),
      },
    }),
    listUsers: defineRoute({
      method: 'GET',
      path: '/api/auth/users',
      summary: 'Accounts by handle, for administrators.',
      auth: 'user',
      roles: ['admin'],
      rateLimit: 'read',
      cors: 'app',
      query: z.strictObject({
        /** Beginning of the handle. */
        prefix: line.max(30).optional(),
        /** `next` of the page before. */
        after: line.max(30).optional(),
        limit: z.coerce.number().int().min(1).max(100).default(50),
      }),
      responses: { 200: z.object({ users: z.array(managedUser), next: z.string().nullable() }) },
    }),
    updateUser: defineRoute({
      method: 'PATCH',
      path: '/api/auth/users/:userId',
      summary: 'Change an account’s role or disable it; its sessions end. The last administrator stays.',
      auth: 'user',
      roles: ['admin'],
      rateLimit: 'write',
      cors: 'app',
      params: z.object({ userId }),
      body: z.strictObject({ role: z.enum(roles).optional(), disabled: z.boolean().optional() }),
      problems: ['conflict'],
      responses: { 200: managedUser },
    }),
  },
});
