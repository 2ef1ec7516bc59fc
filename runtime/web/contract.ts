import { z } from 'zod';
import { defineRoute, defineService } from '../shared/contract';
import { baseEnvironment, field } from '../shared/environment';

const environment = z.object({
  ...baseEnvironment,
  /** Built pages, the output of `npm run build`. */
  PAGES_DIRECTORY: z.string(),
  /** Origins that serve media and thumbnails, for the content security policy. */
  MEDIA_ORIGINS: field.list(z.url()),
  /** Origins the browser opens WebSockets and WebRTC signalling to, e.g. `wss://rtc.eu-west-1.example.com`. */
  REALTIME_ORIGINS: field.list(z.url()),
});

const nothing = z.object({});

export const webContract = defineService({
  name: 'web',
  description: "The product's pages.",
  port: 8105,
  managementPort: 9105,
  environment,
  prefixes: ['/'],
  routes: {
    asset: defineRoute({
      method: 'GET',
      path: '/assets/:file',
      summary: 'A built script, style or image, named by its hash',
      auth: 'public',
      rateLimit: 'none',
      cors: 'none',
      params: z.object({ file: z.string().regex(/^[\w.-]+$/) }),
      query: nothing,
      responses: { 200: 'stream' },
    }),
    page: defineRoute({
      method: 'GET',
      path: '/{*path}',
      summary: 'A page; the browser routes it',
      auth: 'public',
      rateLimit: 'none',
      cors: 'none',
      responses: { 200: 'stream' },
    }),
  },
});
