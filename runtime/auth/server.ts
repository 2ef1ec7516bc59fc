import { join } from 'node:path';
import { createHttpApp } from '../shared/http';
import { migrate } from '../shared/migrate';
import { createPasswordHasher } from '../shared/password-hasher';
import { connectDatabase } from '../shared/postgres';
import { createRateLimiter } from '../shared/rate-limit';
import { connectRedis } from '../shared/redis';
import { type Repetition, repeat } from '../shared/repeat';
import { runService } from '../shared/server';
import { createServiceClient } from '../shared/service-client';
import { createServiceTokens, createServiceVerifier, createUserVerifier } from '../shared/tokens';
import { streamContract } from '../stream/contract';
import { startDeletions } from './accounts/deletions';
import { createAccountHandlers } from './accounts/handlers';
import { createPostgresAccountStore, createPostgresDeletionStore } from './accounts/postgres-store';
import { authContract } from './contract';
import { type AuthConfig, completeDependencies } from './dependencies';
import { createAttemptLimits } from './limits';
import { createSmtpMailer, createStdoutMailer, type Mailer } from './mail/mailer';
import { createPost } from './mail/post';
import { createPostgresMailTokenStore } from './mail/token-store';
import { createPasswordHandlers } from './passwords/handlers';
import { createRecentWrites, withoutReplicas } from './recent-writes';
import { createRefreshCookie } from './sessions/cookie';
import { createSessionHandlers } from './sessions/handlers';
import { createPostgresSessionStore } from './sessions/postgres-store';
import { readRefreshKeys } from './sessions/refresh-token';
import { createSessions } from './sessions/sessions';
import { createKeyHandlers } from './tokens/handlers';
import { createAccessTokenIssuer } from './tokens/issuer';
import { watchSigningKeys } from './tokens/signing-keys';

const sweepEveryMs = 3_600_000;

void runService(authContract, async ({ config, log, registry, whenReady }) => {
  const now = () => new Date();
  const database = connectDatabase(config, log);
  const redis = connectRedis(config, { purpose: 'limiter', log });
  const migrated = whenReady('migrations', () => migrate(database, join(__dirname, 'migrations')));

  const rateLimiter = createRateLimiter(redis, log);
  const limits = createAttemptLimits(rateLimiter);
  const accounts = createPostgresAccountStore(database);
  const sessionStore = createPostgresSessionStore(database);
  const mailTokens = createPostgresMailTokenStore(database);
  const signingKeys = watchSigningKeys(config.SIGNING_KEYS_FILE);
  const issuer = createAccessTokenIssuer({ issuer: config.TOKEN_ISSUER, keys: signingKeys, now });
  const [webUrl = ''] = config.ALLOWED_ORIGINS;
  const post = createPost({ mailer: createMailer(config), tokens: mailTokens, accounts, limits, webUrl, log, now });
  const dependencies = completeDependencies({
    config,
    registry,
    accounts,
    sessionStore,
    sessions: createSessions({
      store: sessionStore,
      issuer,
      refreshKeys: () => readRefreshKeys(config.REFRESH_KEYS_FILE),
      sessionDays: config.SESSION_DAYS,
      registry,
      now,
    }),
    hasher: await createPasswordHasher(config.HASH_CONCURRENCY, registry),
    limits,
    mailTokens,
    post,
    recentWrites: config.PG_READERS.length > 0 ? createRecentWrites(redis) : withoutReplicas,
    cookie: createRefreshCookie(config.REFRESH_COOKIE_SECURE),
    now,
  });

  const callStream = createServiceClient({
    baseUrl: config.STREAM_URL,
    token: createServiceTokens('auth', config.SERVICE_KEY_FILE),
    timeoutMs: 10_000,
  });
  const background: Repetition[] = [];
  void migrated.then(() => {
    background.push(
      startDeletions({
        store: createPostgresDeletionStore(database),
        forget: (userId) => callStream(streamContract.routes.forgetAccount, { params: { userId } }),
        log,
        now,
      }),
      repeat(async () => {
        await Promise.all([sessionStore.sweep(now()), mailTokens.sweep(now())]).catch((error: unknown) =>
          log.warn({ err: error }, 'what ended was not swept'),
        );
      }, sweepEveryMs),
    );
  });

  return {
    app: createHttpApp({
      contract: authContract,
      handlers: {
        ...createAccountHandlers(dependencies),
        ...createSessionHandlers(dependencies),
        ...createPasswordHandlers(dependencies),
        ...createKeyHandlers(signingKeys),
      },
      log,
      registry,
      rateLimiter,
      verifyUser: createUserVerifier({ keys: issuer.verificationKey, issuer: config.TOKEN_ISSUER }),
      verifyService: createServiceVerifier(config.SERVICE_JWKS_FILE),
      allowedOrigins: config.ALLOWED_ORIGINS,
      trustedProxyHops: config.TRUSTED_PROXY_HOPS,
    }),
    readiness: { postgres: () => database.ping() },
    async close() {
      await Promise.all([post.idle(), ...background.map((repetition) => repetition.stop())]);
      redis.disconnect();
      await database.close();
    },
  };
});

function createMailer(config: AuthConfig): Mailer {
  if (config.MAIL_TRANSPORT === 'stdout') return createStdoutMailer((text) => process.stdout.write(text));
  if (config.SMTP_URL === undefined) throw new Error('MAIL_TRANSPORT is smtp, but SMTP_URL is not set');
  return createSmtpMailer({
    url: config.SMTP_URL,
    credentialsFile: config.SMTP_CREDENTIALS_FILE,
    from: config.MAIL_FROM,
  });
}
