import { createHmac, createPrivateKey, generateKeyPairSync, sign as signBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { importJWK, SignJWT } from 'jose';
import { type InventoryEntry, routeInventory, serviceContracts } from '../../lib/reference/services';
import { publicKeys } from '../../runtime/auth/tokens/signing-keys';
import type { RouteContract } from '../../runtime/shared/contract';
import { createHttpApp } from '../../runtime/shared/http';
import { createLogger } from '../../runtime/shared/log';
import { Registry } from '../../runtime/shared/metrics';
import { Problem } from '../../runtime/shared/problem';
import {
  audiences,
  createServiceVerifier,
  createUserVerifier,
  serviceTokenIssuer,
  tokenAlgorithm,
  tokenTypes,
} from '../../runtime/shared/tokens';
import { call, serviceToken, startTestIssuer, type TestIssuer, testSecrets, webOrigin } from './service';

/**
 * Every private route of every service, by the very layer the services run, against tokens that must not pass. A handler
 * that is reached answers 418, which no service does.
 */
const privateRoutes = routeInventory.filter(
  ({ route }) => (route.auth === 'user' || route.auth === 'service') && !route.websocket,
);

let issuer: TestIssuer;
let secrets: ReturnType<typeof testSecrets>;
const servers = new Map<string, { readonly server: Server; readonly url: string }>();

beforeAll(async () => {
  issuer = await startTestIssuer();
  secrets = testSecrets();
  for (const contract of serviceContracts) {
    if (Object.keys(contract.routes).length === 0) continue;
    const reached = async () => {
      throw Object.assign(new Problem('invalid-request', 'the handler was reached'), { status: 418 });
    };
    const app = createHttpApp({
      contract,
      handlers: new Proxy({}, { get: () => reached }) as never,
      log: createLogger(contract.name, 'silent'),
      registry: new Registry(),
      rateLimiter: { take: async () => ({ allowed: true, retryAfterSeconds: 0 }) },
      verifyUser: createUserVerifier({ jwksUrl: issuer.jwksUrl, issuer: issuer.issuer }),
      verifyService: createServiceVerifier(secrets.serviceJwksFile),
      allowedOrigins: [webOrigin],
      trustedProxyHops: 1,
    });
    const server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.set(contract.name, { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  }
});

afterAll(async () => {
  for (const { server } of servers.values()) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  await issuer.stop();
  secrets.remove();
});

/** Calls with a syntactically right path; the token is looked at before anything else. */
function knock({ service, route }: InventoryEntry, token: string | undefined) {
  const path = route.path.replace(/:\w+/g, 'x');
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return call(servers.get(service)?.url ?? '', path, { method: route.method, headers: authorization });
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const nowSeconds = () => Math.floor(Date.now() / 1_000);

/** What the real issuer of the route's kind would put into a good token. */
function goodClaims(route: RouteContract): Record<string, unknown> {
  const common = { sub: route.auth === 'user' ? 'us_00000000000000000000' : 'ingest', jti: 'x', iat: nowSeconds() };
  return route.auth === 'user'
    ? {
        ...common,
        iss: issuer.issuer,
        aud: audiences.user,
        sid: 'se_x',
        role: 'admin',
        handle: 'x',
        exp: nowSeconds() + 600,
      }
    : { ...common, iss: serviceTokenIssuer, aud: audiences.service, exp: nowSeconds() + 300 };
}

interface Signing {
  readonly jwk: { readonly kty: string; readonly crv?: string; readonly x?: string; readonly d?: string };
  readonly kid: string;
}

function signingFor(route: RouteContract): Signing {
  const [user] = issuer.keys.keys;
  if (!user) throw new Error('the issuer has no key');
  if (route.auth === 'user') return { jwk: user.privateJwk, kid: user.kid };
  const jwk = JSON.parse(readFileSync(secrets.serviceKeyFile('ingest'), 'utf8')) as Signing['jwk'] & {
    readonly kid: string;
  };
  return { jwk, kid: jwk.kid };
}

/** A token signed by the right key, but with `claims` and `header` changed. `undefined` removes. */
async function signed(
  route: RouteContract,
  { claims = {}, header = {} }: { readonly claims?: object; readonly header?: object },
): Promise<string> {
  const { jwk, kid } = signingFor(route);
  const payload = JSON.parse(JSON.stringify({ ...goodClaims(route), ...claims })) as Record<string, unknown>;
  const typ = route.auth === 'user' ? tokenTypes.user : tokenTypes.service;
  return new SignJWT(payload)
    .setProtectedHeader({ alg: tokenAlgorithm, typ, kid, ...header })
    .sign(await importJWK(jwk, tokenAlgorithm));
}

/** A token with any header and a signature made by `sign`. */
function forged(route: RouteContract, header: object, sign: (input: string) => string): string {
  const { kid } = signingFor(route);
  const typ = route.auth === 'user' ? tokenTypes.user : tokenTypes.service;
  const input = `${base64url({ typ, kid, ...header })}.${base64url(goodClaims(route))}`;
  return `${input}.${sign(input)}`;
}

const publicKeyOf = (route: RouteContract) => signingFor(route).jwk.x ?? '';

type Attack = readonly [name: string, make: (route: RouteContract) => Promise<string | undefined> | string | undefined];

const attacks: readonly Attack[] = [
  ['no token', () => undefined],
  ['an empty token', () => ''],
  ['words', () => 'not.a.token'],
  ['an expired token', (route) => signed(route, { claims: { exp: nowSeconds() - 60 } })],
  ['a token without an end', (route) => signed(route, { claims: { exp: undefined } })],
  ['a token of tomorrow', (route) => signed(route, { claims: { nbf: nowSeconds() + 86_400 } })],
  ['another audience’s token', (route) => signed(route, { claims: { aud: 'someone:else' } })],
  [
    'an audience list that has ours in it',
    (route) => signed(route, { claims: { aud: ['someone:else', goodClaims(route).aud] } }),
  ],
  ['another issuer’s token', (route) => signed(route, { claims: { iss: 'https://evil.test' } })],
  ['a token without a subject', (route) => signed(route, { claims: { sub: undefined } })],
  ['a token of another type', (route) => signed(route, { header: { typ: 'JWT' } })],
  [
    'an extension that must be understood',
    (route) => forged(route, { alg: tokenAlgorithm, crit: ['x'], x: 1 }, edSign(route)),
  ],
  ['the algorithm "none"', (route) => forged(route, { alg: 'none' }, () => '')],
  ['the algorithm "NoNe"', (route) => forged(route, { alg: 'NoNe' }, () => '')],
  ['an HMAC with the public key as secret', (route) => forged(route, { alg: 'HS256' }, hmac(publicKeyOf(route)))],
  [
    'an HMAC with the public key’s bytes',
    (route) => forged(route, { alg: 'HS256' }, hmac(Buffer.from(publicKeyOf(route), 'base64url'))),
  ],
  [
    'an HMAC with an empty file’s contents',
    (route) => forged(route, { alg: 'HS256', kid: '../../../../dev/null' }, hmac('')),
  ],
  ['a key id that is a path', (route) => signed(route, { header: { kid: '/dev/null' } })],
  ['a key id that is SQL', (route) => signed(route, { header: { kid: `' UNION SELECT 'x` } })],
  ['a key id that is a prototype', (route) => signed(route, { header: { kid: '__proto__' } })],
  ['a stranger’s key under our key id', (route) => forged(route, { alg: tokenAlgorithm }, strangersSignature)],
  [
    'a stranger’s key in the header',
    (route) => forged(route, { alg: tokenAlgorithm, jwk: strangersJwk }, strangersSignature),
  ],
  [
    'a key set URL in the header',
    (route) => forged(route, { alg: tokenAlgorithm, jku: 'https://evil.test/jwks' }, strangersSignature),
  ],
  [
    'a certificate URL in the header',
    (route) => forged(route, { alg: tokenAlgorithm, x5u: 'https://evil.test/x' }, strangersSignature),
  ],
  ['no signature', async (route) => (await signed(route, {})).replace(/[^.]*$/, '')],
  ['changed claims', async (route) => tampered(await signed(route, {}))],
  ['a token longer than any of ours', (route) => signed(route, { claims: { padding: 'x'.repeat(6_000) } })],
  [
    'a good token of the other kind',
    async (route) =>
      route.auth === 'user' ? serviceToken(secrets, 'ingest') : issuer.token({ userId: 'us_x', role: 'admin' }),
  ],
];

const stranger = generateKeyPairSync('ed25519');
const strangersJwk = stranger.publicKey.export({ format: 'jwk' });
const strangersSignature = (input: string) =>
  signBytes(null, Buffer.from(input), stranger.privateKey).toString('base64url');

function edSign(route: RouteContract) {
  const { jwk } = signingFor(route);
  const key = createPrivateKey({ key: jwk as never, format: 'jwk' });
  return (input: string) => signBytes(null, Buffer.from(input), key).toString('base64url');
}

const hmac = (secret: string | Buffer) => (input: string) =>
  createHmac('sha256', secret).update(input).digest('base64url');

function tampered(token: string): string {
  const [header, payload = '', signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  return [header, base64url({ ...claims, sub: 'us_11111111111111111111', role: 'admin' }), signature].join('.');
}

describe.each(privateRoutes.map((entry) => [`${entry.service}.${entry.name}`, entry] as const))(
  '%s',
  (_name, entry) => {
    it('opens to a good token', async () => {
      const answer = await knock(entry, await signed(entry.route, {}));
      // Past the token come roles, parameters, body and the handler, none of which answers 401.
      expect([400, 404, 415, 418]).toContain(answer.status);
    });

    it('stays shut to every bad one', async () => {
      for (const [name, make] of attacks) {
        const answer = await knock(entry, await make(entry.route));
        expect([name, answer.status, answer.body.code]).toEqual([name, 401, 'unauthenticated']);
        expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      }
    });
  },
);

describe('a token', () => {
  const anyRoute = privateRoutes.find(({ route }) => route.auth === 'user');

  it('that ended within the tolerated clock skew still opens', async () => {
    if (!anyRoute) throw new Error('there is no private route');
    const answer = await knock(anyRoute, await signed(anyRoute.route, { claims: { exp: nowSeconds() - 10 } }));
    expect(answer.status).not.toBe(401);
  });

  it('cannot be checked without keys: that is our fault and says so', async () => {
    const verify = createUserVerifier({ jwksUrl: 'http://127.0.0.1:9/jwks', issuer: issuer.issuer });
    const token = await issuer.token({ userId: 'us_x' });
    await expect(verify(token)).rejects.toMatchObject({ code: 'unavailable', status: 503 });
  });

  it('is still checked when the keys’ server has gone', async () => {
    const leaving = await startTestIssuer();
    const verify = createUserVerifier({ jwksUrl: leaving.jwksUrl, issuer: leaving.issuer });
    await verify(await leaving.token({ userId: 'us_before' }));
    await leaving.stop();
    await expect(verify(await leaving.token({ userId: 'us_after' }))).resolves.toMatchObject({ userId: 'us_after' });
  });

  it('cannot be checked with what answers 503 in the keys’ place', async () => {
    const server = createServer((_request, response) => response.writeHead(503).end('{}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const verify = createUserVerifier({ jwksUrl: url, issuer: issuer.issuer });
    await expect(verify(await issuer.token({ userId: 'us_x' }))).rejects.toMatchObject({ code: 'unavailable' });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('is signed by a published key', () => {
    expect(publicKeys(issuer.keys).keys[0]).not.toHaveProperty('d');
  });
});
