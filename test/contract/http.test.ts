import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { defineRoute, defineService } from '../../runtime/shared/contract';
import { createHttpApp, type Handlers } from '../../runtime/shared/http';
import { createLogger } from '../../runtime/shared/log';
import { Registry } from '../../runtime/shared/metrics';
import { Problem } from '../../runtime/shared/problem';
import { createLocalRateLimiter } from '../../runtime/shared/rate-limit';
import { call, webOrigin } from './service';

const contract = defineService({
  name: 'web',
  description: 'What the HTTP layer does for every service.',
  port: 1,
  managementPort: 2,
  prefixes: ['/api/web/'],
  environment: z.object({}),
  routes: {
    open: defineRoute({
      method: 'GET',
      path: '/api/web/open',
      summary: 'For everyone.',
      auth: 'public',
      rateLimit: 'none',
      cors: 'any',
      responses: { 200: z.object({ address: z.string() }) },
    }),
    app: defineRoute({
      method: 'POST',
      path: '/api/web/app',
      summary: 'For the product’s own pages.',
      auth: 'public',
      rateLimit: 'none',
      cors: 'app',
      body: z.strictObject({ name: z.string() }),
      responses: { 201: z.object({ name: z.string() }) },
    }),
    closed: defineRoute({
      method: 'GET',
      path: '/api/web/closed',
      summary: 'For no page.',
      auth: 'public',
      rateLimit: 'none',
      cors: 'none',
      responses: { 204: null },
    }),
    limited: defineRoute({
      method: 'GET',
      path: '/api/web/limited',
      summary: 'Five at once.',
      auth: 'public',
      rateLimit: 'signup',
      cors: 'none',
      responses: { 204: null },
    }),
    beacon: defineRoute({
      method: 'POST',
      path: '/api/web/beacon',
      summary: 'Sent while a page closes.',
      auth: 'public',
      rateLimit: 'beacon',
      cors: 'app',
      body: z.strictObject({ name: z.string() }),
      responses: { 204: null },
    }),
    broken: defineRoute({
      method: 'GET',
      path: '/api/web/broken/:how',
      summary: 'Fails.',
      auth: 'public',
      rateLimit: 'none',
      cors: 'none',
      params: z.object({ how: z.enum(['bug', 'outage', 'lie']) }),
      responses: { 200: z.object({ truth: z.literal(true) }) },
    }),
  },
});

const handlers: Handlers<typeof contract> = {
  async open({ address }) {
    return { status: 200, body: { address } };
  },
  async app({ body }) {
    return { status: 201, body };
  },
  async closed() {
    return { status: 204 };
  },
  async limited() {
    return { status: 204 };
  },
  async beacon() {
    return { status: 204 };
  },
  async broken({ params: { how } }) {
    if (how === 'outage') throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    if (how === 'bug') throw new TypeError('secret detail of the implementation');
    return { status: 200, body: { truth: false as never } };
  },
};

let server: Server;
let url: string;
beforeAll(async () => {
  const nobody = async () => {
    throw new Problem('unauthenticated');
  };
  const app = createHttpApp({
    contract,
    handlers,
    log: createLogger('web', 'silent'),
    registry: new Registry(),
    rateLimiter: createLocalRateLimiter(),
    verifyUser: nobody,
    verifyService: nobody,
    allowedOrigins: [webOrigin],
    trustedProxyHops: 2,
  });
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const allowedOriginOf = async (path: string, origin: string, method = 'OPTIONS') => {
  const headers = { origin, 'access-control-request-method': 'POST' };
  const answer = await call(url, `/api/web/${path}`, { method, headers });
  return {
    origin: answer.headers.get('access-control-allow-origin'),
    credentials: answer.headers.get('access-control-allow-credentials'),
    vary: answer.headers.get('vary'),
  };
};

describe('CORS', () => {
  it('answers the configured origin, with credentials, and says that the answer varies', async () => {
    const allowed = await allowedOriginOf('app', webOrigin);
    expect(allowed).toEqual({ origin: webOrigin, credentials: 'true', vary: expect.stringContaining('Origin') });
  });

  it.each([
    'null',
    'https://evil.test',
    `${webOrigin}.evil.test`,
    `https://evil-${webOrigin.slice(8)}`,
    webOrigin.replace('https', 'http'),
    `${webOrigin}:8443`,
    webOrigin.toUpperCase(),
    `${webOrigin}/`,
    `${webOrigin}, https://evil.test`,
  ])('never answers the origin %s', async (origin) => {
    expect((await allowedOriginOf('app', origin)).origin).toBeNull();
    expect((await allowedOriginOf('closed', origin)).origin).toBeNull();
  });

  it('opens public routes to every origin, without credentials', async () => {
    expect(await allowedOriginOf('open', 'https://evil.test', 'GET')).toMatchObject({ origin: '*', credentials: null });
  });
});

describe('the client’s address', () => {
  it.each([
    ['nothing', undefined, '127.0.0.1'],
    ['exactly the trusted hops', '198.51.100.1, 203.0.113.1', '198.51.100.1'],
    ['addresses a client made up in front', '1.1.1.1, 2.2.2.2, 198.51.100.1, 203.0.113.1', '198.51.100.1'],
  ])('with %s forwarded', async (_name, forwarded, expected) => {
    const response = await fetch(`${url}/api/web/open`, {
      headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    });
    expect(((await response.json()) as { address: string }).address).toBe(expected);
  });
});

describe('a request', () => {
  const post = (body: string, type = 'application/json', path = 'app') =>
    call(url, `/api/web/${path}`, { body, headers: { 'content-type': type } });

  it.each([
    ['with an unknown field', '{"name":"a","admin":true}', 400, 'invalid-request'],
    ['with a prototype in it', '{"name":"a","__proto__":{"admin":true}}', 400, 'invalid-request'],
    ['that is no JSON', '{"name":', 400, 'invalid-request'],
    ['that is a bare value', '"name"', 400, 'invalid-request'],
    ['that nests 10,000 deep', `${'['.repeat(10_000)}${']'.repeat(10_000)}`, 400, 'invalid-request'],
    ['of more than 64 KiB', JSON.stringify({ name: 'x'.repeat(66_000) }), 413, 'payload-too-large'],
  ])('%s is refused', async (_name, body, status, code) => {
    const answer = await post(body);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it('of another content type is refused: another site’s form is no JSON', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const answer = await post('{"name":"a"}', type);
      expect([type, answer.status]).toEqual([type, 415]);
    }
    // What `navigator.sendBeacon` can send, where it is meant for it.
    expect((await post('{"name":"a"}', 'text/plain', 'beacon')).status).toBe(204);
  });

  it('with a compressed bomb is refused before it unfolds', async () => {
    const response = await fetch(`${url}/api/web/app`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: gzipSync(JSON.stringify({ name: 'x'.repeat(20_000_000) })),
    });
    expect(response.status).toBe(413);
  });

  it('to nowhere, and with the wrong method, is told so', async () => {
    expect((await call(url, '/api/web/nowhere')).body.code).toBe('not-found');
    const wrong = await call(url, '/api/web/app', { method: 'DELETE' });
    expect([wrong.status, wrong.body.code, wrong.headers.get('allow')]).toEqual([405, 'method-not-allowed', 'POST']);
    expect((await call(url, '/api/web/broken/%ff')).status).toBe(400);
  });

  it('over the limit is refused with the time to wait, per address', async () => {
    const from = (address: string) =>
      call(url, '/api/web/limited', { headers: { 'x-forwarded-for': `${address}, 203.0.113.1` } });
    const answers = await Promise.all(Array.from({ length: 8 }, () => from('192.0.2.1')));
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(5);
    const refused = answers.find(({ status }) => status === 429);
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await from('192.0.2.2')).status).toBe(204);
    // Of one IPv6 subscriber all addresses are one.
    const six = await Promise.all(Array.from({ length: 8 }, (_, i) => from(`2001:db8:0:${i}::1`)));
    expect(six.filter(({ status }) => status === 204)).toHaveLength(5);
  });
});

describe('a failure', () => {
  it('of ours shows an id and nothing else', async () => {
    const answer = await call(url, '/api/web/broken/bug');
    expect([answer.status, answer.body.code]).toEqual([500, 'internal']);
    expect(JSON.stringify(answer.body)).not.toContain('secret detail');
    expect(answer.body.requestId).toBe(answer.headers.get('x-request-id'));
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });

  it('of a server behind us is temporary', async () => {
    const answer = await call(url, '/api/web/broken/outage');
    expect([answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([503, 'unavailable', '2']);
  });

  it('to keep the contract is a failure, not an answer', async () => {
    expect((await call(url, '/api/web/broken/lie')).status).toBe(500);
  });

  it('keeps the caller’s request id when it is a sane one', async () => {
    const given = (id: string) => call(url, '/api/web/open', { headers: { 'x-request-id': id } });
    expect((await given('abc-12345')).headers.get('x-request-id')).toBe('abc-12345');
    expect((await given('x'.repeat(100))).headers.get('x-request-id')).not.toContain('xxx');
  });
});
