import { analyticsContract } from '../../runtime/analytics/contract';
import { authContract } from '../../runtime/auth/contract';
import { chatContract } from '../../runtime/chat/contract';
import { mediaPrefixes } from '../../runtime/shared/media-layout';
import { streamContract } from '../../runtime/stream/contract';
import { answerMs, Finding, type SmokeCheck, type SmokeTarget } from './target';

/** As the global one. */
export type Fetch = (url: URL, init: RequestInit) => Promise<Response>;

/** What an HSTS preload list asks for at least, seconds. */
const oneYear = 31_536_000;

const apis = [authContract, streamContract, chatContract, analyticsContract];

/** What plain requests tell. TLS itself is checked by each of them: a certificate that is not trusted fails it. */
export function httpChecks({ app, media }: SmokeTarget, fetch: Fetch): SmokeCheck[] {
  const get = (url: URL) => fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(answerMs) });
  const json = async (url: URL) => readJson(await get(url));
  return [
    { name: 'pages', run: async () => pages(await get(new URL('/', app))) },
    { name: 'token keys', run: async () => tokenKeys(await json(new URL(authContract.routes.getJwks.path, app))) },
    ...apis.map(({ name }) => ({
      name: `API of ${name}`,
      run: async () => apiDocument(await json(new URL(`/api/${name}/openapi.json`, app))),
    })),
    {
      name: 'media',
      run: async () => missingMedia(await get(new URL(`/${mediaPrefixes.open}smoke/none.m3u8`, media))),
    },
    ...[app, media]
      .filter(({ protocol }) => protocol === 'https:')
      .flatMap((url) => [
        { name: `HSTS on ${url.host}`, run: async () => strictTransport(await get(url)) },
        {
          name: `redirect on ${url.host}`,
          run: async () => redirect(await get(new URL(`http://${url.hostname}/`)), url),
        },
      ]),
  ];
}

function pages(answer: Response): string {
  expectStatus(answer, 200);
  const type = answer.headers.get('content-type') ?? 'no content type';
  if (!type.startsWith('text/html')) throw new Finding(`expected HTML, got ${type}`);
  const policy = answer.headers.get('content-security-policy') ?? '';
  if (!policy.includes("default-src 'none'")) throw new Finding(`content security policy is "${policy}"`);
  return 'HTML with a content security policy';
}

async function readJson(answer: Response): Promise<unknown> {
  expectStatus(answer, 200);
  try {
    return await answer.json();
  } catch {
    throw new Finding('the answer is no JSON');
  }
}

function tokenKeys(document: unknown): string {
  const { keys = [] } = document as { keys?: readonly Readonly<Record<string, unknown>>[] };
  if (keys.length === 0) throw new Finding('no key: tokens cannot be verified');
  if (keys.some((key) => 'd' in key)) throw new Finding('a private key is published');
  return `${keys.length} public keys`;
}

function apiDocument(document: unknown): string {
  const { openapi, paths = {} } = document as { openapi?: string; paths?: object };
  if (!openapi?.startsWith('3.')) throw new Finding('no OpenAPI document');
  return `OpenAPI ${openapi}, ${Object.keys(paths).length} paths`;
}

/** 403 would mean that the CDN may not read the bucket. */
function missingMedia(answer: Response): string {
  expectStatus(answer, 404);
  return 'the origin answers, a missing playlist is 404';
}

function strictTransport(answer: Response): string {
  const header = answer.headers.get('strict-transport-security') ?? 'not sent';
  const seconds = Number(/max-age=(\d+)/.exec(header)?.[1] ?? 0);
  if (seconds < oneYear) throw new Finding(`Strict-Transport-Security: ${header}; expected a year or more`);
  return header;
}

function redirect(answer: Response, to: URL): string {
  const location = answer.headers.get('location') ?? 'nowhere';
  if (![301, 308].includes(answer.status) || !location.startsWith(`https://${to.host}`)) {
    throw new Finding(`http answers ${answer.status} and leads to ${location}`);
  }
  return `${answer.status} to ${location}`;
}

function expectStatus({ status, url }: Response, expected: number): void {
  if (status !== expected) throw new Finding(`${url} answers ${status}, expected ${expected}`);
}
