import { type Fetch, httpChecks } from '../../../lib/smoke/http-checks';

const target = { app: new URL('https://live.example.com'), media: new URL('https://media.live.example.com') };

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const hsts = { 'strict-transport-security': 'max-age=63072000; includeSubDomains' };
const page: Answer = {
  headers: { ...hsts, 'content-type': 'text/html', 'content-security-policy': "default-src 'none'" },
  body: '<!doctype html>',
};
const api: Answer = { body: { openapi: '3.1.0', paths: { '/a': {} } } };

/** A deployment that is as it should be. */
const good: Readonly<Record<string, Answer>> = {
  'https://live.example.com/': page,
  'https://live.example.com/api/auth/jwks': { body: { keys: [{ kid: 'k' }] } },
  'https://live.example.com/api/auth/openapi.json': api,
  'https://live.example.com/api/stream/openapi.json': api,
  'https://live.example.com/api/chat/openapi.json': api,
  'https://live.example.com/api/analytics/openapi.json': api,
  'https://media.live.example.com/hls/smoke/none.m3u8': { status: 404 },
  'https://media.live.example.com/': { status: 404, headers: hsts },
  'http://live.example.com/': { status: 301, headers: { location: 'https://live.example.com/' } },
  'http://media.live.example.com/': { status: 301, headers: { location: 'https://media.live.example.com/' } },
};

const answering =
  (answers: Readonly<Record<string, Answer>>): Fetch =>
  async (url) => {
    const { status = 200, headers = {}, body = '' } = answers[url.href] ?? { status: 500 };
    return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers });
  };

async function failuresOf(answers: Readonly<Record<string, Answer>>): Promise<string[]> {
  const checks = httpChecks(target, answering(answers));
  const outcomes = await Promise.allSettled(checks.map(({ run }) => run()));
  return outcomes.flatMap(({ status }, index) => (status === 'rejected' ? [checks[index]?.name ?? ''] : []));
}

test('a deployment that is as it should be passes', async () => {
  expect(await failuresOf(good)).toEqual([]);
});

test.each<[string, Readonly<Record<string, Answer>>, string]>([
  [
    'pages without a policy',
    { 'https://live.example.com/': { ...page, headers: { ...hsts, 'content-type': 'text/html' } } },
    'pages',
  ],
  [
    'HSTS of a day',
    { 'https://media.live.example.com/': { headers: { 'strict-transport-security': 'max-age=86400' } } },
    'HSTS on media.live.example.com',
  ],
  ['no keys', { 'https://live.example.com/api/auth/jwks': { body: { keys: [] } } }, 'token keys'],
  [
    'a private key among the public ones',
    { 'https://live.example.com/api/auth/jwks': { body: { keys: [{ d: 'x' }] } } },
    'token keys',
  ],
  ['a page where an API should be', { 'https://live.example.com/api/chat/openapi.json': page }, 'API of chat'],
  ['a service that is down', { 'https://live.example.com/api/stream/openapi.json': { status: 503 } }, 'API of stream'],
  [
    'a bucket that the CDN may not read',
    { 'https://media.live.example.com/hls/smoke/none.m3u8': { status: 403 } },
    'media',
  ],
  ['plain http that is served', { 'http://live.example.com/': page }, 'redirect on live.example.com'],
  [
    'a redirect to elsewhere',
    { 'http://media.live.example.com/': { status: 301, headers: { location: 'https://example.org/' } } },
    'redirect on media.live.example.com',
  ],
])('finds %s', async (_, broken, name) => {
  expect(await failuresOf({ ...good, ...broken })).toEqual([name]);
});
