/** What a Headend API answers when it refuses (RFC 9457). */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly retryAfterSeconds: number | undefined,
  ) {
    super(detail);
    this.name = 'ApiProblem';
  }
}

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** For the two cookie routes: the header a foreign page cannot send. */
  readonly withCookies?: boolean;
}

/** One request. Throws {@link ApiProblem}; a broken network is the problem `offline`. */
export async function request<T>(
  path: string,
  { method = 'GET', body, token, signal, withCookies }: ApiRequest = {},
): Promise<T> {
  const response = await fetch(path, {
    method,
    signal: signal ?? null,
    credentials: 'same-origin',
    headers: {
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...(withCookies && { 'X-Headend-Client': 'web' }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new ApiProblem(0, 'offline', 'The server cannot be reached. Check your connection.', undefined);
  });
  const text = await response.text();
  const answer: unknown = text === '' ? undefined : parse(text);
  if (response.ok) return answer as T;
  const { code, detail, title } = (answer ?? {}) as { code?: string; detail?: string; title?: string };
  const retryAfter = Number(response.headers.get('Retry-After'));
  throw new ApiProblem(
    response.status,
    code ?? 'unknown',
    detail ?? title ?? `The server answered ${response.status}.`,
    retryAfter > 0 ? retryAfter : undefined,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A sentence for the person in front of the screen. */
export function describe(error: unknown): string {
  if (!(error instanceof ApiProblem)) return error instanceof Error ? error.message : String(error);
  if (error.code === 'rate-limited' && error.retryAfterSeconds !== undefined) {
    return `Too many attempts. Try again in ${Math.ceil(error.retryAfterSeconds)} s.`;
  }
  return error.message;
}
