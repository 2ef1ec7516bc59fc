import { z } from 'zod';
import type { ProblemCode } from './problem';

/**
 * What a service promises to everyone else: its name, ports, environment and routes. The charts are typed by it, and
 * the Ingress, the local gateway, the CDN behaviours, OpenAPI and the route inventory are made from it.
 */
export interface ServiceContract<E extends z.ZodObject = z.ZodObject> {
  readonly name: ServiceName;
  readonly description: string;
  /** Port of the public routes; distinct per service so that all run on one laptop. */
  readonly port: number;
  /** Private port: probes and metrics. Never routed. */
  readonly managementPort: number;
  readonly environment: E;
  /** Public path prefixes that the Ingress and the local gateway send here, longest match wins. */
  readonly prefixes: readonly string[];
  readonly routes: Readonly<Record<string, RouteContract>>;
}

export type ServiceName = 'auth' | 'stream' | 'chat' | 'analytics' | 'web' | 'ingest' | 'packager';

/** Paths on the management port, the same for every service. */
export const probes = { startup: '/startupz', live: '/livez', ready: '/readyz', metrics: '/metrics' } as const;

/** Who may call a route, and who checks it. */
export type AuthClass =
  /** Nobody is asked. */
  | 'public'
  /** A user's access token is required; checked by the HTTP layer. */
  | 'user'
  /** A user's access token is checked when it is there. */
  | 'optional-user'
  /** Another Headend process with a service token; checked by the HTTP layer. */
  | 'service'
  /** The rest carry a credential of their own, which the service checks before it does anything else. */
  | 'refresh-cookie'
  | 'stream-key'
  | 'livekit-webhook'
  | 'chat-ticket';

export const roles = ['viewer', 'broadcaster', 'moderator', 'admin'] as const;
export type Role = (typeof roles)[number];

/**
 * `app`: the configured origins, with credentials. `any`: every origin, never credentials (only for what is public).
 * `none`: no cross-origin answer.
 */
export type CorsClass = 'app' | 'any' | 'none';

/** Named limits; the numbers are in `rate-limit.ts`. */
export type RateLimitClass =
  | 'none'
  | 'read'
  | 'write'
  | 'login'
  | 'signup'
  | 'refresh'
  | 'publish'
  | 'ticket'
  | 'captions'
  | 'beacon';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

export interface RouteContract {
  readonly method: Method;
  /** The full public path in Express syntax, e.g. `/api/stream/streams/:streamId`. */
  readonly path: string;
  readonly summary: string;
  readonly auth: AuthClass;
  /** Roles that may call it; absent means any. Only with `user`. */
  readonly roles?: readonly Role[];
  readonly rateLimit: RateLimitClass;
  readonly cors: CorsClass;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** JSON by default; `sdp` and `raw` arrive as a string or Buffer for the service to read. */
  readonly body?: z.ZodType;
  readonly bodyType?: 'json' | 'sdp' | 'raw';
  /** Answers by status; `null` is an empty body, `'stream'` is written by the handler. */
  readonly responses: Readonly<Record<number, z.ZodType | null | 'stream'>>;
  /** The problems its handler answers with, beside those its auth, limits and schemas imply. */
  readonly problems?: readonly ProblemCode[];
  /** Upgraded to a WebSocket; listed for the inventory and the Ingress. */
  readonly websocket?: true;
  /** Never routed by the Ingress of the same cell's clients: processes only. */
  readonly internal?: true;
}

/** Keeps literal types of a route, so that handlers are typed by it. */
export function defineRoute<const R extends RouteContract>(route: R): R {
  return route;
}

export function defineService<const C extends ServiceContract>(contract: C): C {
  return contract;
}

/** One line of text: no control characters and no halves of surrogate pairs, which databases refuse. */
export const line = z.string().regex(/^[^\p{Cc}\p{Cs}]*$/u, 'control characters are not allowed');

/** Text with line breaks. */
export const paragraphs = z.string().regex(/^(?:[^\p{Cc}\p{Cs}]|[\n\r\t])*$/u, 'control characters are not allowed');

/** The problem+json body, for OpenAPI and for clients. */
export const problemSchema = z.object({
  type: z.string(),
  code: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  requestId: z.string(),
  faults: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
