import { z } from 'zod';
import type { RouteContract } from './contract';
import { Problem, type ProblemCode, problems } from './problem';

export interface ServiceClientOptions {
  /** Origin of the other service. */
  readonly baseUrl: string;
  /** This process's service token, see `createServiceTokens`. */
  readonly token: () => Promise<string>;
  readonly timeoutMs: number;
}

export interface ServiceCall {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Answer of the route's one successful status; `undefined` where that has no body. */
type SuccessOf<R extends RouteContract> = R['responses'][keyof R['responses']] extends z.ZodType
  ? z.output<R['responses'][keyof R['responses']]>
  : undefined;

/**
 * Calls a `service` route of another Headend service by its contract. Throws the {@link Problem} the other side
 * answered with, or `unavailable` when it did not answer in time or not in its contract's words.
 */
export function createServiceClient({ baseUrl, token, timeoutMs }: ServiceClientOptions) {
  return async <R extends RouteContract>(
    route: R,
    { params, query, body }: ServiceCall = {},
  ): Promise<SuccessOf<R>> => {
    const path = route.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params?.[name] ?? ''));
    const url = new URL(path, baseUrl);
    url.search = new URLSearchParams(query).toString();
    const response = await fetch(url, {
      method: route.method,
      headers: {
        authorization: `Bearer ${await token()}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((error: unknown) => {
      throw unanswered(url, error);
    });
    const schema = route.responses[response.status];
    if (schema instanceof z.ZodType) return schema.parse(await response.json()) as SuccessOf<R>;
    const text = await response.text();
    if (schema !== undefined) return undefined as SuccessOf<R>;
    throw problemOf(text) ?? unanswered(url, new Error(`status ${response.status}`));
  };
}

const unanswered = (url: URL, cause: unknown) =>
  new Problem('unavailable', `${url.host} did not answer`, { retryAfterSeconds: 2, cause });

function problemOf(text: string): Problem | undefined {
  try {
    const { code, detail } = z.object({ code: z.string(), detail: z.string() }).parse(JSON.parse(text));
    return Object.hasOwn(problems, code) ? new Problem(code as ProblemCode, detail) : undefined;
  } catch {
    return undefined;
  }
}
