import type { SecretFile } from './environment-values';
import type { CellSecret, HomeSecret, OptionalSecret } from './inputs';

export interface MountedSecret {
  /** Name of the Kubernetes Secret that the External Secrets Operator writes. */
  readonly name: string;
  readonly file: string;
  /** What the secret in AWS Secrets Manager holds. */
  readonly holds: string;
}

const login = 'JSON `{ "username", "password" }`';
const serviceKey = 'private Ed25519 JWK that signs this service’s tokens';

const credentials = (name: string): MountedSecret => ({
  name,
  file: 'credentials.json',
  holds: login,
});
const key = (service: string): MountedSecret => ({
  name: `service-key-${service}`,
  file: 'key.json',
  holds: serviceKey,
});

/** Every secret that pods use. Values live in AWS Secrets Manager only; never in a template or manifest. */
export const secrets = {
  redisApplication: credentials('redis-application'),
  redisLivekit: credentials('redis-livekit'),
  livekitKeys: {
    name: 'livekit-keys',
    file: 'keys.json',
    holds: 'JSON `{ "apiKey": "headend", "apiSecret" }`; the key’s name is part of LiveKit’s configuration',
  },
  serviceJwks: {
    name: 'service-jwks',
    file: 'jwks.json',
    holds: 'JWKS of every service’s public key',
  },
  serviceKeyIngest: key('ingest'),
  serviceKeyPackager: key('packager'),
  serviceKeyAuth: key('auth'),
  serviceKeyStream: key('stream'),
  serviceKeyChat: key('chat'),
  serviceKeyAnalytics: key('analytics'),
  postgresAdmin: credentials('postgres-admin'),
  postgresAuth: credentials('postgres-auth'),
  postgresStream: credentials('postgres-stream'),
  mongoAdmin: credentials('mongo-admin'),
  mongoChat: credentials('mongo-chat'),
  mongoAnalytics: credentials('mongo-analytics'),
  authSigningKeys: {
    name: 'auth-signing-keys',
    file: 'keys.json',
    holds: 'JSON `{ "keys": [{ "kid", "activeFrom", "privateJwk" }] }`, written by `npx headend keys rotate`',
  },
  authRefreshKeys: {
    name: 'auth-refresh-keys',
    file: 'keys.json',
    holds: 'JSON `{ "keys": [{ "kid", "key" }] }`, newest first',
  },
  smtp: credentials('smtp'),
  mediaSigningKey: {
    name: 'media-signing-key',
    file: 'key.json',
    holds: 'JSON `{ "keyPairId", "privateKey" }` that signs CDN cookies of private streams',
  },
  streamSecretsKey: {
    name: 'stream-secrets-key',
    file: 'key.json',
    holds: 'JSON `{ "key": base64 of 32 bytes or more }` that signs share links and unlock grants',
  },
  hlsStorage: {
    name: 'hls-storage',
    file: 'access-key.json',
    holds: 'JSON `{ "accessKeyId", "secretAccessKey" }` of Cloudflare R2',
  },
  firstAdmin: {
    name: 'first-admin',
    file: 'admin.json',
    holds: 'JSON `{ "email", "handle", "password" }` of the first administrator',
  },
} as const satisfies Record<CellSecret | HomeSecret | OptionalSecret, MountedSecret>;

/**
 * What LiveKit mounts or reads, made of the same remote secrets in formats of its own: keys as YAML `name: secret` from
 * a file that nobody else may read, and Redis's password as plain text.
 */
export const livekitServerKeys = {
  name: 'livekit-server-keys',
  file: 'keys.yaml',
  template: '{{ .apiKey }}: {{ .apiSecret }}',
} as const;
export const livekitRedis = { name: 'livekit-redis', file: 'password', template: '{{ .password }}' } as const;

export type SecretName = keyof typeof secrets;

/** The variable's value: where the secret is mounted. */
export function secretFile(name: SecretName): SecretFile {
  const { name: secret, file } = secrets[name];
  return { kind: 'secret-file', secret, file };
}
