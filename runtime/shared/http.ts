import { randomUUID } from 'node:crypto';
import cors from 'cors';
import express, { type Express, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import type { z } from 'zod';
import type { AuthClass, RouteContract, ServiceContract } from './contract';
import type { Logger } from './log';
import { Gauge, Histogram, type Registry } from './metrics';
import { openApiDocument } from './openapi';
import { isOutage } from './outage';
import { Problem } from './problem';
import { addressSubject, limits, type RateLimiter } from './rate-limit';
import type { Principal, ServicePrincipal, UserPrincipal, Verify } from './tokens';

type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined;

/** Who calls, by the route's auth class. Credentials of the other classes are checked by the service itself. */
type PrincipalOf<A extends AuthClass> = A extends 'user'
  ? UserPrincipal
  : A extends 'optional-user'
    ? UserPrincipal | undefined
    : A extends 'service'
      ? ServicePrincipal
      : undefined;

export interface Call<R extends RouteContract> {
  readonly params: Parsed<R['params']>;
  readonly query: Parsed<R['query']>;
  readonly body: R['bodyType'] extends 'sdp' ? string : R['bodyType'] extends 'raw' ? Buffer : Parsed<R['body']>;
  readonly principal: PrincipalOf<R['auth']>;
  readonly requestId: string;
  /** The client's address, behind exactly the configured number of proxies. */
  readonly address: string;
  readonly log: Logger;
  readonly request: Request;
}

type Headers = Readonly<Record<string, string | readonly string[]>>;

type AnswerBody<S> = S extends z.ZodType
  ? { readonly body: z.input<S> }
  : S extends 'stream'
    ? { readonly write: (response: Response) => void | Promise<void> }
    : { readonly body?: undefined };

export type Answer<R extends RouteContract> = {
  [Status in keyof R['responses']]: { readonly status: Status; readonly headers?: Headers } & AnswerBody<
    R['responses'][Status]
  >;
}[keyof R['responses']];

export type Handler<R extends RouteContract> = (call: Call<R>) => Promise<Answer<R>>;

/** A handler per HTTP route of the contract; WebSocket routes are answered by the upgrade listener. */
export type Handlers<C extends ServiceContract> = {
  readonly [Name in keyof C['routes'] as C['routes'][Name] extends { websocket: true } ? never : Name]: Handler<
    C['routes'][Name]
  >;
};

export interface HttpOptions<C extends ServiceContract> {
  readonly contract: C;
  readonly handlers: NoInfer<Handlers<C>>;
  readonly log: Logger;
  readonly registry: Registry;
  readonly rateLimiter: RateLimiter;
  readonly verifyUser: Verify<UserPrincipal>;
  readonly verifyService: Verify<ServicePrincipal>;
  readonly allowedOrigins: readonly string[];
  readonly trustedProxyHops: number;
  /** Runs before every route, e.g. for security headers. */
  readonly before?: readonly RequestHandler[];
}

const longestBodyBytes = 64 * 1024;
const deepestJson = 16;

/** Builds a service's Express application from its contract. Pure: it listens to nothing. */
export function createHttpApp<C extends ServiceContract>(typed: HttpOptions<C>): Express {
  // Inside, routes are handled by their common shape; the types above hold handlers to their own route.
  const options = typed as unknown as AnyOptions;
  const { contract, log } = options;
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', options.trustedProxyHops);
  app.set('query parser', 'simple');
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Seconds from the request line to the end of the answer.',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [options.registry],
  });
  const inFlight = new Gauge({
    name: 'http_requests_in_flight',
    help: 'Requests that were received and are not answered yet.',
    registers: [options.registry],
  });
  app.use(identify(log, duration, inFlight));
  for (const middleware of options.before ?? []) app.use(middleware);

  for (const [path, atPath] of routesByPath(contract)) {
    mountCors(
      app,
      path,
      atPath.map(([, route]) => route),
      options,
    );
    for (const [name, route] of atPath) {
      const handler = options.handlers[name];
      if (!handler) throw new Error(`${contract.name}: the route ${name} has no handler`);
      app[route.method.toLowerCase() as 'get'](path, ...parsers(route), (request, response) =>
        serve(route, handler, options, request, response),
      );
    }
    app.all(path, (_request, response) => {
      response.setHeader('Allow', atPath.map(([, route]) => route.method).join(', '));
      throw new Problem('method-not-allowed');
    });
  }

  const document = openApiDocument(contract);
  app.get(`/api/${contract.name}/openapi.json`, (_request, response) => {
    response.json(document);
  });

  app.use(() => {
    throw new Problem('not-found');
  });
  app.use(answerProblem(log));
  return app;
}

type AnyHandler = (call: Call<RouteContract>) => Promise<AnyAnswer>;
type AnyOptions = Omit<HttpOptions<ServiceContract>, 'handlers'> & {
  readonly handlers: Readonly<Record<string, AnyHandler>>;
};

interface AnyAnswer {
  readonly status: number;
  readonly headers?: Headers;
  readonly body?: unknown;
  readonly write?: (response: Response) => void | Promise<void>;
}

function routesByPath(contract: ServiceContract): Map<string, [string, RouteContract][]> {
  const byPath = new Map<string, [string, RouteContract][]>();
  for (const [name, route] of Object.entries(contract.routes)) {
    if (route.websocket) continue;
    byPath.set(route.path, [...(byPath.get(route.path) ?? []), [name, route]]);
  }
  return byPath;
}

interface Locals {
  requestId: string;
  route: string;
}

const localsOf = (response: Response) => response.locals as Locals;

function identify(log: Logger, duration: Histogram<'route' | 'method' | 'status'>, inFlight: Gauge): RequestHandler {
  return (request, response, next) => {
    inFlight.inc();
    const startedAt = process.hrtime.bigint();
    const given = request.header('x-request-id');
    const requestId = given !== undefined && /^[\w-]{8,64}$/.test(given) ? given : randomUUID();
    const locals = localsOf(response);
    locals.requestId = requestId;
    locals.route = 'unknown';
    response.setHeader('X-Request-Id', requestId);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.on('close', () => {
      inFlight.dec();
      const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
      duration.observe({ route: locals.route, method: request.method, status: response.statusCode }, seconds);
      // The path alone: a query string may carry a ticket.
      const { method, path } = request;
      log.debug({ requestId, method, path, status: response.statusCode, seconds }, 'request answered');
    });
    next();
  };
}

function mountCors(
  app: Express,
  path: string,
  atPath: readonly RouteContract[],
  { allowedOrigins }: Pick<AnyOptions, 'allowedOrigins'>,
): void {
  const answersOptions = atPath.some((route) => route.method === 'OPTIONS');
  const methods = atPath.map((route) => route.method);
  const base = { methods, maxAge: 600, exposedHeaders: ['X-Request-Id', 'Retry-After', 'Location', 'Link', 'ETag'] };
  const corsClass = atPath[0]?.cors;
  if (corsClass === undefined || corsClass === 'none') return;
  const handler =
    corsClass === 'app'
      ? cors({ ...base, origin: [...allowedOrigins], credentials: true, preflightContinue: answersOptions })
      : cors({ ...base, origin: '*', preflightContinue: answersOptions });
  app.all(path, handler);
}

function parsers(route: RouteContract): RequestHandler[] {
  const limit = longestBodyBytes;
  if (route.bodyType === 'sdp') {
    return [express.text({ type: ['application/sdp', 'application/trickle-ice-sdpfrag'], limit })];
  }
  if (route.bodyType === 'raw') return [express.raw({ type: () => true, limit })];
  if (route.body === undefined) return [];
  // `navigator.sendBeacon` cannot set a content type. Elsewhere a form of another site must not pass for JSON.
  const type = route.rateLimit === 'beacon' ? ['application/json', 'text/plain'] : ['application/json'];
  return [express.json({ limit, strict: true, type })];
}

async function serve(
  route: RouteContract,
  handler: AnyHandler,
  options: AnyOptions,
  request: Request,
  response: Response,
): Promise<void> {
  const locals = localsOf(response);
  locals.route = route.path;
  const principal = await authenticate(route, options, request);
  await limitRate(route, options, request, principal);
  const call = {
    params: parse('params', route.params, request.params),
    query: parse('query', route.query, request.query),
    body: parseBody(route, request),
    principal,
    requestId: locals.requestId,
    address: request.ip ?? '',
    // Made when it is asked for: most requests are answered without a word, and a child costs as much as a query.
    get log() {
      return options.log.child({ requestId: locals.requestId });
    },
    request,
  } as unknown as Call<RouteContract>;
  await send(route, await handler(call), response);
}

async function authenticate(
  route: RouteContract,
  { verifyUser, verifyService }: AnyOptions,
  request: Request,
): Promise<Principal | undefined> {
  if (route.auth !== 'user' && route.auth !== 'optional-user' && route.auth !== 'service') return undefined;
  const token = bearerToken(request);
  if (token === undefined) {
    if (route.auth === 'optional-user') return undefined;
    throw new Problem('unauthenticated');
  }
  if (route.auth === 'service') return verifyService(token);
  const principal = await verifyUser(token);
  if (route.roles && !route.roles.includes(principal.role)) throw new Problem('forbidden');
  return principal;
}

/** The token of `Authorization: Bearer …`, if any. */
export function bearerToken(request: {
  readonly headers: { readonly authorization?: string | undefined };
}): string | undefined {
  return /^Bearer ([\w.~+/-]+=*)$/i.exec(request.headers.authorization ?? '')?.[1];
}

async function limitRate(
  route: RouteContract,
  { contract, rateLimiter }: AnyOptions,
  request: Request,
  principal: Principal | undefined,
): Promise<void> {
  if (route.rateLimit === 'none') return;
  const limit = limits[route.rateLimit];
  const byUser = limit.subject === 'user' && principal?.kind === 'user';
  const subject = byUser ? principal.userId : addressSubject(request.ip ?? '');
  const verdict = await rateLimiter.take(`${contract.name}:${route.rateLimit}`, limit, subject);
  if (!verdict.allowed) {
    throw new Problem('rate-limited', undefined, { retryAfterSeconds: verdict.retryAfterSeconds });
  }
}

function parseBody(route: RouteContract, request: Request): unknown {
  const body: unknown = request.body;
  if (route.bodyType === 'raw') return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  if (route.bodyType === 'sdp') {
    if (typeof body !== 'string') throw new Problem('unsupported-media-type', 'expected application/sdp');
    return body;
  }
  if (route.body === undefined) return undefined;
  if (body === undefined && hasBody(request)) throw new Problem('unsupported-media-type', 'expected application/json');
  if (isDeeperThan(body, deepestJson)) throw new Problem('invalid-request', `JSON nests deeper than ${deepestJson}`);
  return parse('body', route.body, body);
}

const hasBody = ({ headers }: Request) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth === 0) return true;
  return Object.values(value).some((inner) => isDeeperThan(inner, depth - 1));
}

function parse(part: 'params' | 'query' | 'body', schema: z.ZodType | undefined, value: unknown): unknown {
  if (schema === undefined) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => ({
    path: [part, ...issue.path].join('.'),
    message: issue.message,
  }));
  // An id of the wrong shape names nothing.
  if (part === 'params') throw new Problem('not-found');
  throw new Problem('invalid-request', undefined, { faults });
}

async function send(route: RouteContract, answer: AnyAnswer, response: Response): Promise<void> {
  response.status(answer.status);
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    response.setHeader(name, typeof value === 'string' ? value : [...value]);
  }
  const schema = route.responses[answer.status];
  if (schema === undefined) throw new Error(`${route.method} ${route.path} answers an unlisted ${answer.status}`);
  if (schema === 'stream') {
    await answer.write?.(response);
    return;
  }
  if (schema === null) {
    response.end();
    return;
  }
  if (!response.hasHeader('Cache-Control')) response.setHeader('Cache-Control', 'no-store');
  const body = schema.parse(answer.body);
  if (typeof body === 'string') response.send(body);
  else response.json(body);
}

const answerProblem = (log: Logger) => (error: unknown, _request: Request, response: Response, next: NextFunction) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  const { requestId } = localsOf(response);
  const problem = toProblem(error);
  if (problem.status >= 500) log.error({ err: error, requestId }, problem.message);
  if (problem.retryAfterSeconds !== undefined) {
    response.setHeader('Retry-After', String(Math.max(1, Math.ceil(problem.retryAfterSeconds))));
  }
  if (problem.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  response.setHeader('Cache-Control', 'no-store');
  response
    .status(problem.status)
    .type('application/problem+json')
    .send(JSON.stringify(problem.toBody(requestId)));
};

/** Express's own body and URL errors carry a status; everything unknown is ours. */
function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isOutage(error)) return new Problem('unavailable', undefined, { retryAfterSeconds: 2, cause: error });
  const status = (error as { status?: unknown } | undefined)?.status;
  if (status === 413) return new Problem('payload-too-large', undefined, { cause: error });
  if (status === 415) return new Problem('unsupported-media-type', undefined, { cause: error });
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new Problem('invalid-request', 'the request could not be read', { cause: error });
  }
  return new Problem('internal', undefined, { cause: error });
}
