import { readFileSync } from 'node:fs';
import { z } from 'zod';

/**
 * The environment every service shares, as fragments that a contract composes. One schema serves the laptop and the
 * cluster. Secrets come only as files, so that a rotated secret can be read again without a restart.
 */

/** `host:port`. */
export const hostPort = z.string().regex(/^[^\s:/]+:\d{1,5}$/, 'expected host:port');

const list = <T extends z.ZodType<unknown, string>>(item: T) =>
  z
    .string()
    .transform((text) => text.split(',').filter((part) => part !== ''))
    .pipe(z.array(item));

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const port = z.coerce.number().int().min(1).max(65_535);
const secretFile = z.string().min(1);

export const field = { list, flag, port, secretFile, hostPort };

export const baseEnvironment = {
  PORT: port,
  MANAGEMENT_PORT: port,
  BIND_ADDRESS: z.string().default('0.0.0.0'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** AWS region of the cell this process runs in, a key of `regions.ts`. */
  REGION: z.string(),
  /** Origins allowed by CORS, exact. The first is the product's own web origin. */
  ALLOWED_ORIGINS: list(z.url()),
  /** Proxies between the client and this process whose X-Forwarded-For entries are believed. */
  TRUSTED_PROXY_HOPS: z.coerce.number().int().min(0).max(5),
  /** Seconds given to open work after SIGTERM before connections are cut. */
  DRAIN_SECONDS: z.coerce.number().min(0).max(18_000).default(20),
};

export const tokenEnvironment = {
  /** `iss` of user access tokens. */
  TOKEN_ISSUER: z.string(),
  /** Where auth serves its public keys. */
  JWKS_URL: z.url(),
  /** Public keys (JWKS document) that service tokens verify against. */
  SERVICE_JWKS_FILE: secretFile,
};

export const serviceIdentityEnvironment = {
  /** Private Ed25519 JWK with which this process signs its service tokens. */
  SERVICE_KEY_FILE: secretFile,
};

export const postgresEnvironment = {
  PG_WRITER: hostPort,
  /** Read replicas, one endpoint each; empty when the tier has none. */
  PG_READERS: list(hostPort),
  PG_DATABASE: z.string(),
  /** JSON `{ "username": …, "password": … }`, re-read when authentication fails. */
  PG_CREDENTIALS_FILE: secretFile,
  /** CA bundle; set means TLS with full verification. */
  PG_CA_FILE: z.string().optional(),
};

export const redisEnvironment = {
  REDIS_URL: z.url({ protocol: /^rediss?$/ }),
  /** Whether the endpoint speaks the cluster protocol. */
  REDIS_CLUSTER: flag,
  /** JSON `{ "username"?: …, "password": … }`, re-read when authentication fails. */
  REDIS_CREDENTIALS_FILE: z.string().optional(),
};

export const mongoEnvironment = {
  /** Connection string without credentials. */
  MONGO_URL: z.url({ protocol: /^mongodb(\+srv)?$/ }),
  MONGO_DATABASE: z.string(),
  MONGO_CREDENTIALS_FILE: z.string().optional(),
  MONGO_CA_FILE: z.string().optional(),
};

export const storageEnvironment = {
  HLS_BUCKET: z.string(),
  RECORDINGS_BUCKET: z.string(),
  /** Only for S3 servers other than AWS. Credentials come from the SDK's own chain. */
  S3_ENDPOINT: z.url().optional(),
  /** S3 API of the HLS bucket where that one is not beside the others: Cloudflare R2. */
  HLS_S3_ENDPOINT: z.url().optional(),
  /** JSON `{ "accessKeyId", "secretAccessKey" }` for it, read again when it is rotated. */
  HLS_S3_CREDENTIALS_FILE: secretFile.optional(),
};

export const livekitEnvironment = {
  /** Server API as this process reaches it. */
  LIVEKIT_URL: z.url({ protocol: /^https?$/ }),
  /** JSON `{ "apiKey": …, "apiSecret": … }`. */
  LIVEKIT_KEYS_FILE: secretFile,
};

export class EnvironmentError extends Error {
  constructor(
    readonly service: string,
    readonly faults: readonly string[],
  ) {
    super(
      `${service}: the environment has ${faults.length} fault(s):\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    );
    this.name = 'EnvironmentError';
  }
}

/** Parses the environment once. Throws one {@link EnvironmentError} that lists every fault; values are not echoed. */
export function parseEnvironment<S extends z.ZodObject>(
  service: string,
  schema: S,
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<z.output<S>> {
  const parsed = schema.safeParse(environment);
  if (parsed.success) return Object.freeze(parsed.data);
  const faults = parsed.error.issues.map((issue) => {
    const name = issue.path.join('.');
    return environment[name] === undefined ? `${name} is not set` : `${name}: ${issue.message}`;
  });
  throw new EnvironmentError(service, faults);
}

/** Reads a mounted JSON secret. Callers re-read on authentication failure: rotation replaces the file in place. */
export function readSecret<S extends z.ZodType>(path: string, schema: S): z.output<S> {
  return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
}

export const credentialsSecret = z.object({ username: z.string().optional(), password: z.string() });
export const livekitKeysSecret = z.object({ apiKey: z.string(), apiSecret: z.string() });
