import { type PrivatePostgres, type PrivateRedis, startPostgres, startRedis } from '../../runtime/local/testing';
import { type ServiceUnderTest, startServiceUnderTest, testSecrets } from '../contract/service';

export interface AuthUnderTest extends ServiceUnderTest {
  readonly postgres: PrivatePostgres;
  readonly redis: PrivateRedis;
  readonly secrets: ReturnType<typeof testSecrets>;
  readonly environment: Readonly<Record<string, string>>;
}

/** Auth on a PostgreSQL and a Redis of its own. */
export async function startAuth(
  options: { readonly replica?: boolean; readonly environment?: Readonly<Record<string, string>> } = {},
): Promise<AuthUnderTest> {
  const [postgres, redis] = await Promise.all([
    startPostgres({ replica: options.replica ?? false }),
    startRedis({ cluster: true }),
  ]);
  const secrets = testSecrets();
  const environment = { ...authEnvironment(postgres, redis, secrets), ...options.environment };
  const service = await startServiceUnderTest('auth', environment);
  return {
    ...service,
    postgres,
    redis,
    secrets,
    environment,
    async stop() {
      await service.stop();
      await Promise.all([postgres.stop(), redis.stop()]);
      secrets.remove();
    },
  };
}

/** What auth's contract asks for, but for ports. */
export function authEnvironment(
  postgres: PrivatePostgres,
  redis: PrivateRedis,
  secrets: ReturnType<typeof testSecrets>,
): Readonly<Record<string, string>> {
  return {
    PG_WRITER: `${postgres.host}:${postgres.port}`,
    PG_READERS: postgres.reader ?? '',
    PG_DATABASE: postgres.database,
    PG_CREDENTIALS_FILE: postgres.credentialsFile,
    REDIS_URL: redis.url,
    REDIS_CLUSTER: String(redis.cluster),
    TOKEN_ISSUER: 'https://headend.test',
    SERVICE_JWKS_FILE: secrets.serviceJwksFile,
    SERVICE_KEY_FILE: secrets.serviceKeyFile('auth'),
    SIGNING_KEYS_FILE: secrets.tokenSigningKeysFile,
    REFRESH_KEYS_FILE: secrets.refreshKeysFile,
    MAIL_TRANSPORT: 'stdout',
    STREAM_URL: 'http://127.0.0.1:9',
  };
}
