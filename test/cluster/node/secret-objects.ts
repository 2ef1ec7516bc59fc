import { readFileSync } from 'node:fs';
import { namespaces } from '../../../k8s/names';
import { livekitRedis, livekitServerKeys, type SecretName, secrets } from '../../../k8s/secrets';
import { openSecrets } from '../../../runtime/local/secrets';

/** Services that sign tokens of their own. */
const signingServices = ['auth', 'stream', 'chat', 'analytics', 'ingest', 'packager'];

export interface NodeSecrets {
  readonly objects: readonly object[];
  readonly redisPassword: string;
  readonly postgres: (service: 'auth' | 'stream') => { readonly username: string; readonly password: string };
}

/** What the External Secrets Operator would write, with values made as the laptop makes them. */
export function nodeSecrets(directory: string): NodeSecrets {
  const local = openSecrets(directory, signingServices);
  const read = (file: string) => readFileSync(file, 'utf8');
  const { livekit, redisPassword } = local;
  const redis = JSON.stringify({ password: redisPassword });
  const login = (service: string) => {
    const { username, password } = local.postgresLogin(service);
    return { username, password };
  };
  const values: Partial<Record<SecretName, string>> = {
    redisApplication: redis,
    livekitKeys: JSON.stringify(livekit),
    serviceJwks: read(local.serviceJwksFile),
    serviceKeyAuth: read(local.serviceKeyFile('auth')),
    serviceKeyStream: read(local.serviceKeyFile('stream')),
    serviceKeyChat: read(local.serviceKeyFile('chat')),
    serviceKeyAnalytics: read(local.serviceKeyFile('analytics')),
    serviceKeyIngest: read(local.serviceKeyFile('ingest')),
    serviceKeyPackager: read(local.serviceKeyFile('packager')),
    postgresAuth: JSON.stringify(login('auth')),
    postgresStream: JSON.stringify(login('stream')),
    mongoChat: JSON.stringify({ username: 'chat', password: 'unused' }),
    mongoAnalytics: JSON.stringify({ username: 'analytics', password: 'unused' }),
    authSigningKeys: read(local.tokenSigningKeysFile),
    authRefreshKeys: read(local.refreshKeysFile),
    smtp: JSON.stringify({ username: 'unused', password: 'unused' }),
    mediaSigningKey: read(local.mediaSigningKeyFile),
    streamSecretsKey: read(local.playbackKeyFile),
  };
  return {
    redisPassword,
    postgres: login,
    objects: [
      ...Object.entries(values).map(([name, value]) => {
        const { name: secret, file } = secrets[name as SecretName];
        return secretObject(namespaces.platform, secret, file, value);
      }),
      secretObject(
        namespaces.media,
        livekitServerKeys.name,
        livekitServerKeys.file,
        `${livekit.apiKey}: ${livekit.apiSecret}\n`,
      ),
      secretObject(namespaces.media, livekitRedis.name, livekitRedis.file, redisPassword),
    ],
  };
}

function secretObject(namespace: string, name: string, file: string, text: string): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData: { [file]: text } };
}
