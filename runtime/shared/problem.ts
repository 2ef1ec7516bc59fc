/** Every error code a Headend API answers with, its status and title (RFC 9457). The list is closed. */
export const problems = {
  'invalid-request': { status: 400, title: 'The request is not valid' },
  unauthenticated: { status: 401, title: 'A valid access token is required' },
  'invalid-credentials': { status: 401, title: 'The e-mail address or password is wrong' },
  'refresh-rejected': { status: 401, title: 'The session has ended; sign in again' },
  'webhook-signature-invalid': { status: 401, title: 'The webhook is not signed by its sender' },
  'stream-key-invalid': { status: 403, title: 'The stream key is wrong' },
  'stream-key-revoked': { status: 403, title: 'The stream key was revoked' },
  forbidden: { status: 403, title: 'You may not do this' },
  'playback-locked': { status: 403, title: 'This stream is private' },
  'quota-exceeded': { status: 403, title: 'The quota is used up' },
  banned: { status: 403, title: 'You are banned from this chat' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here' },
  conflict: { status: 409, title: 'The request conflicts with the present state' },
  'illegal-transition': { status: 409, title: 'The stream cannot go from its present state to that one' },
  'stream-already-live': { status: 409, title: 'Another encoder is publishing to this stream' },
  'already-exists': { status: 409, title: 'This name is taken' },
  'restore-in-progress': { status: 409, title: 'The recording is already being restored' },
  'payload-too-large': { status: 413, title: 'The request body is too large' },
  'unsupported-media-type': { status: 415, title: 'The content type is not supported' },
  'unsupported-codec': { status: 422, title: 'The codec is not supported' },
  'weak-password': { status: 422, title: 'The password is too easy to guess' },
  'mail-token-rejected': { status: 422, title: 'The mailed link is not valid any more' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  'upstream-failed': { status: 502, title: 'A server that this request needs failed' },
  unavailable: { status: 503, title: 'The service cannot answer right now' },
  capacity: { status: 503, title: 'No capacity for another broadcast right now' },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;

export type ProblemCode = keyof typeof problems;

export interface ProblemOptions {
  /** Sent as `Retry-After`, in whole seconds. */
  readonly retryAfterSeconds?: number;
  /** One line per faulty field. */
  readonly faults?: readonly { readonly path: string; readonly message: string }[];
  readonly cause?: unknown;
}

/** The one error type that reaches a client. Anything else thrown becomes `internal`, its message only logged. */
export class Problem extends Error {
  readonly status: number;
  readonly title: string;
  readonly retryAfterSeconds: number | undefined;
  readonly faults: ProblemOptions['faults'];

  constructor(
    readonly code: ProblemCode,
    detail?: string,
    options: ProblemOptions = {},
  ) {
    super(detail ?? problems[code].title, { cause: options.cause });
    this.name = 'Problem';
    this.status = problems[code].status;
    this.title = problems[code].title;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.faults = options.faults;
  }

  /** The `application/problem+json` body. */
  toBody(requestId: string): Record<string, unknown> {
    return {
      type: `urn:headend:problem:${this.code}`,
      code: this.code,
      title: this.title,
      status: this.status,
      detail: this.message,
      requestId,
      ...(this.faults && { faults: this.faults }),
    };
  }
}
