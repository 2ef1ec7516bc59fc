import { createPublicKey, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { readSecret } from '../../shared/environment';
import { checkSignedCookies, type KeyGroup } from './signed-cookies';

/** Where nginx asks whether a viewer's cookies open a URL. */
export const cookieCheckPath = '/cookie-check';
export const cookieCheckUrlHeader = 'x-media-url';

/** CloudFront's only distribution here. */
const distributionId = 'LOCAL';
const api = '/2020-05-31/distribution';

export interface LocalCdnOptions {
  readonly port: number;
  /** Host of media URLs, which the distribution is found by. */
  readonly mediaHost: string;
  readonly keyGroup: KeyGroup;
  /** Makes the caches forget an invalidation path. */
  readonly purge: (path: string) => Promise<void>;
}

/** The key group of the one key that the stream service signs with. */
export function keyGroupOf(signingKeyFile: string): KeyGroup {
  const { keyPairId, privateKey } = readSecret(signingKeyFile, signingKey);
  return new Map([[keyPairId, createPublicKey(privateKey)]]);
}

const signingKey = z.object({ keyPairId: z.string(), privateKey: z.string() });

/**
 * What CloudFront does beside caching: it checks the signed cookies of private media, and its API takes invalidations.
 * The stream service talks to it with the AWS SDK, as it does in production.
 */
export async function startLocalCdn(options: LocalCdnOptions): Promise<Server> {
  const server = createServer((request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  return server;
}

async function answer(options: LocalCdnOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '', 'http://local');
  if (pathname === cookieCheckPath) {
    checkCookies(options.keyGroup, request, response);
  } else if (request.method === 'GET' && pathname === api) {
    sendXml(response, 200, distributions(options.mediaHost));
  } else if (request.method === 'POST' && pathname === `${api}/${distributionId}/invalidation`) {
    const paths = [...(await text(request)).matchAll(/<Path>([^<]*)<\/Path>/g)].map(([, path = '']) => path);
    for (const path of paths) await options.purge(path);
    sendXml(response, 201, invalidation(paths));
  } else {
    response.writeHead(404).end();
  }
}

function checkCookies(keyGroup: KeyGroup, { headers }: IncomingMessage, response: ServerResponse): void {
  const url = String(headers[cookieCheckUrlHeader]);
  const verdict = checkSignedCookies(headers.cookie, url, keyGroup, new Date());
  response.writeHead(verdict === 'allowed' ? 204 : 403, { 'X-Verdict': verdict }).end();
}

function sendXml(response: ServerResponse, status: number, body: string): void {
  const prologue = '<?xml version="1.0" encoding="UTF-8"?>';
  response.writeHead(status, { 'Content-Type': 'text/xml' }).end(prologue + body);
}

const namespace = 'xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"';

const distributions = (mediaHost: string) =>
  `<DistributionList ${namespace}><Marker></Marker><MaxItems>100</MaxItems><IsTruncated>false</IsTruncated>
<Quantity>1</Quantity><Items><DistributionSummary><Id>${distributionId}</Id>
<Aliases><Quantity>1</Quantity><Items><CNAME>${mediaHost}</CNAME></Items></Aliases>
</DistributionSummary></Items></DistributionList>`;

const invalidation = (paths: readonly string[]) =>
  `<Invalidation ${namespace}><Id>${randomUUID()}</Id><Status>Completed</Status>
<CreateTime>${new Date().toISOString()}</CreateTime><InvalidationBatch>
<Paths><Quantity>${paths.length}</Quantity><Items>${paths.map((path) => `<Path>${path}</Path>`).join('')}</Items></Paths>
<CallerReference>local</CallerReference></InvalidationBatch></Invalidation>`;
