import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importJWK, SignJWT } from 'jose';
import { firstSigningKeys, publicKeys, type SigningKeys } from '../../runtime/auth/tokens/signing-keys';
import { failWhenExited, type RunningProcess, startProcess } from '../../runtime/local/child-process';
import { poll } from '../../runtime/local/poll';
import { freePort } from '../../runtime/local/ports';
import { type LocalSecrets, openSecrets } from '../../runtime/local/secrets';
import { nodeArguments } from '../../runtime/local/service-process';
import { probes, type Role } from '../../runtime/shared/contract';
import { audiences, createServiceTokens, tokenAlgorithm, tokenTypes } from '../../runtime/shared/tokens';
import { builtServices } from './built-services';

// Real servers and password hashes, on a machine that may be doing much else: a deadline, not an expectation.
// Benchmarks and media scenarios start services, too, and have no Jest.
if (typeof jest !== 'undefined') jest.setTimeout(60_000);

export const webOrigin = 'https://headend.test';

export interface ServiceUnderTest {
  readonly baseUrl: string;
  readonly managementUrl: string;
  /** Everything it has printed. */
  readonly lines: readonly string[];
  readonly process: RunningProcess;
  stop(): Promise<void>;
}

/** Starts a service as its own process, as an image would, and waits until it is ready unless told not to. */
export async function startServiceUnderTest(
  name: string,
  environment: Readonly<Record<string, string>>,
  { waitUntilReady = true }: { readonly waitUntilReady?: boolean } = {},
): Promise<ServiceUnderTest> {
  const port = await freePort();
  const managementPort = await freePort();
  const lines: string[] = [];
  const running = await startProcess({
    name,
    command: { file: process.execPath, arguments: nodeArguments(name) },
    arguments: [join(await builtServices(), name, 'server.js')],
    environment: {
      PORT: String(port),
      MANAGEMENT_PORT: String(managementPort),
      BIND_ADDRESS: '127.0.0.1',
      REGION: 'us-east-1',
      ALLOWED_ORIGINS: webOrigin,
      TRUSTED_PROXY_HOPS: '1',
      DRAIN_SECONDS: '1',
      ...environment,
    },
    onLine: (line) => lines.push(line),
  });
  const managementUrl = `http://127.0.0.1:${managementPort}`;
  const answers = async (path: string) => {
    const response = await fetch(managementUrl + path);
    if (!response.ok) throw new Error(await response.text());
  };
  await poll(() => answers(waitUntilReady ? probes.ready : probes.startup), {
    what: `${name} becoming ready`,
    deadlineMs: 40_000,
    abort: failWhenExited(running),
  });
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    managementUrl,
    lines,
    process: running,
    async stop() {
      await running.stop(6_000);
    },
  };
}

/** Secrets of one test run, in a directory that `remove` deletes. */
export function testSecrets(): LocalSecrets & { remove(): void } {
  const directory = mkdtempSync(join(tmpdir(), 'headend-secrets-'));
  const services = ['auth', 'stream', 'chat', 'analytics', 'ingest', 'packager'];
  return {
    ...openSecrets(directory, services),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

export interface TestIssuer {
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly keys: SigningKeys;
  /** An access token as auth makes them. */
  token(user: { readonly userId: string; readonly role?: Role; readonly handle?: string }): Promise<string>;
  stop(): Promise<void>;
}

/** Stands where auth stands for a service: serves keys, and signs tokens with them. */
export async function startTestIssuer(): Promise<TestIssuer> {
  const keys = await firstSigningKeys(new Date(0));
  const issuer = 'https://headend.test';
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(publicKeys(keys)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    jwksUrl: `http://127.0.0.1:${port}/jwks`,
    issuer,
    keys,
    async token({ userId, role = 'broadcaster', handle = 'someone' }) {
      const [key] = keys.keys;
      if (!key) throw new Error('no key');
      return new SignJWT({ sid: 'se_00000000000000000000', role, handle })
        .setProtectedHeader({ alg: tokenAlgorithm, typ: tokenTypes.user, kid: key.kid })
        .setIssuer(issuer)
        .setAudience(audiences.user)
        .setSubject(userId)
        .setJti('test')
        .setIssuedAt()
        .setExpirationTime('10m')
        .sign(await importJWK(key.privateJwk, tokenAlgorithm));
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Signs as another Headend process. */
export const serviceToken = (secrets: LocalSecrets, service: 'ingest' | 'packager' | 'chat' | 'auth') =>
  createServiceTokens(service, secrets.serviceKeyFile(service))();

export interface CallOptions {
  readonly method?: string;
  readonly body?: unknown;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  // Tests look at what they expect; the contract test checks the rest.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly body: any;
}

/** One call; each comes from an address of its own unless `x-forwarded-for` says otherwise. */
export async function call(baseUrl: string, path: string, options: CallOptions = {}): Promise<Answered> {
  const { method = options.body === undefined ? 'GET' : 'POST', body, token, headers } = options;
  const response = await fetch(baseUrl + path, {
    method,
    headers: {
      'x-forwarded-for': freshAddress(),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    redirect: 'manual',
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

let addresses = 0;

/** An address of the benchmarking range (RFC 2544) that no other call of this process has had. */
export function freshAddress(): string {
  addresses += 1;
  return `198.${18 + ((addresses >> 16) & 1)}.${(addresses >> 8) & 255}.${addresses & 255}`;
}
