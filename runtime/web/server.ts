import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Response } from 'express';
import helmet from 'helmet';
import { createHttpApp } from '../shared/http';
import { Problem } from '../shared/problem';
import { createLocalRateLimiter } from '../shared/rate-limit';
import { type RunningService, runService, type ServiceContext } from '../shared/server';
import { contentSecurityPolicy } from './content-security-policy';
import { webContract } from './contract';

const refuse = async (): Promise<never> => {
  throw new Problem('unauthenticated');
};

async function start({ config, log, registry }: ServiceContext<typeof webContract>): Promise<RunningService> {
  const shell = join(config.PAGES_DIRECTORY, 'index.html');
  const app = createHttpApp({
    contract: webContract,
    log,
    registry,
    rateLimiter: createLocalRateLimiter(),
    verifyUser: refuse,
    verifyService: refuse,
    allowedOrigins: config.ALLOWED_ORIGINS,
    trustedProxyHops: config.TRUSTED_PROXY_HOPS,
    before: [helmet(contentSecurityPolicy(config))],
    handlers: {
      asset: async ({ params }) => ({
        status: 200,
        headers: { 'Cache-Control': 'public, max-age=31536000, immutable' },
        write: (response) => sendFile(response, join(config.PAGES_DIRECTORY, 'assets', params.file)),
      }),
      page: async ({ request }) => {
        // What looks like an API call or a file is not a page: an HTML answer would only confuse its caller.
        if (/^\/(api|hls|whip)(\/|$)/.test(request.path) || /\.\w+$/.test(request.path)) throw new Problem('not-found');
        return {
          status: 200,
          headers: { 'Cache-Control': 'no-cache' },
          write: (response) => sendFile(response, shell),
        };
      },
    },
  });
  return { app, readiness: { pages: () => access(shell) }, close: async () => undefined };
}

function sendFile(response: Response, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // `dotfiles`: the pages may stand under a folder such as `.cache`; the route's own pattern keeps names plain.
    response.sendFile(path, { cacheControl: false, dotfiles: 'allow' }, (error?: Error & { code?: string }) => {
      if (!error || error.code === 'ECONNABORTED') resolve();
      else reject(error.code === 'ENOENT' ? new Problem('not-found') : error);
    });
  });
}

void runService(webContract, start);
