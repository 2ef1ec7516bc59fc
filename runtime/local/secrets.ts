import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PostgresLogin } from './servers/postgres';

/** Files of one run's secrets, made at the first start and kept: what the External Secrets Operator mounts elsewhere. */
export interface LocalSecrets {
  readonly serviceKeyFile: (service: string) => string;
  readonly serviceJwksFile: string;
  readonly tokenSigningKeysFile: string;
  readonly refreshKeysFile: string;
  readonly playbackKeyFile: string;
  readonly mediaSigningKeyFile: string;
  readonly postgresSuperuser: PostgresLogin;
  /** Role and database per service, with the file the service reads. */
  readonly postgresLogin: (service: string) => PostgresLogin & { readonly file: string };
  readonly redisPassword: string;
  readonly s3: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly livekit: { readonly apiKey: string; readonly apiSecret: string };
  /** Writes a secret that came from outside, e.g. from a URL, where a service can read it. */
  readonly put: (name: string, value: unknown) => string;
}

export function openSecrets(directory: string, services: readonly string[]): LocalSecrets {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const store = new SecretStore(directory);
  const serviceKeys = services.map((service) => store.keep(`service-${service}.json`, () => signingKey(service)).value);
  const login = (username: string) =>
    store.keep(`postgres-${username}.json`, () => ({ username, password: password() }));
  return {
    serviceKeyFile: (service) => store.path(`service-${service}.json`),
    serviceJwksFile: store.put('service-jwks.json', { keys: serviceKeys.map(publicPart) }),
    tokenSigningKeysFile: store.keep('token-signing-keys.json', tokenSigningKeys).file,
    refreshKeysFile: store.keep('refresh-keys.json', () => ({ keys: [{ kid: 'local-1', key: base64Key() }] })).file,
    playbackKeyFile: store.keep('playback-key.json', () => ({ key: base64Key() })).file,
    mediaSigningKeyFile: store.keep('media-signing-key.json', mediaSigningKey).file,
    postgresSuperuser: login('postgres').value,
    postgresLogin: (service) => {
      const { value, file } = login(service);
      return { ...value, file };
    },
    redisPassword: store.keep('redis.json', () => ({ password: password() })).value.password,
    s3: store.keep('s3.json', () => ({ accessKeyId: 'headend', secretAccessKey: password() })).value,
    livekit: store.keep('livekit.json', () => ({ apiKey: 'headend', apiSecret: password() })).value,
    put: (name, value) => store.put(name, value),
  };
}

class SecretStore {
  constructor(private readonly directory: string) {}

  path(name: string): string {
    return join(this.directory, name);
  }

  put(name: string, value: unknown): string {
    const file = this.path(name);
    writeFileSync(file, JSON.stringify(value, undefined, 2), { mode: 0o600 });
    return file;
  }

  /** What the file holds; made the first time. */
  keep<T>(name: string, make: () => T): { readonly value: T; readonly file: string } {
    const file = this.path(name);
    if (!existsSync(file)) this.put(name, make());
    return { value: JSON.parse(readFileSync(file, 'utf8')) as T, file };
  }
}

const password = () => randomBytes(24).toString('hex');
const base64Key = () => randomBytes(32).toString('base64');

/** A private Ed25519 key as a JWK. */
function signingKey(kid: string) {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { ...privateKey.export({ format: 'jwk' }), kid, alg: 'EdDSA', use: 'sig' };
}

function publicPart({ d: _private, ...jwk }: ReturnType<typeof signingKey>) {
  return jwk;
}

function tokenSigningKeys() {
  const kid = 'local-1';
  return { keys: [{ kid, activeFrom: new Date(0).toISOString(), privateJwk: signingKey(kid) }] };
}

function mediaSigningKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  return { keyPairId: 'LOCAL', privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) };
}
