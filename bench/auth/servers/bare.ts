import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { verify } from '@node-rs/argon2';
import cors from 'cors';
import express, { type NextFunction, type Request, type Response } from 'express';
import { createLocalJWKSet, importJWK, SignJWT } from 'jose';
import pg from 'pg';
import { publicKeys, type SigningKeys, signingKeyAt } from '../../../runtime/auth/tokens/signing-keys';
import { createLogger } from '../../../runtime/shared/log';
import { createRateLimiter, limits } from '../../../runtime/shared/rate-limit';
import { connectRedis } from '../../../runtime/shared/redis';
import { createUserVerifier } from '../../../runtime/shared/tokens';

/**
 * The peer: Express as one writes it by hand, with the same body parser, CORS, token check, rate limiter, password hash
 * and queries, and without contracts, validation of requests and answers, request ids, logging, metrics and problems.
 */
const environment = process.env as Readonly<Record<string, string>>;
const log = createLogger('bare', 'silent');
const redis = connectRedis(
  { REDIS_URL: environment.REDIS_URL ?? '', REDIS_CLUSTER: environment.REDIS_CLUSTER === 'true' },
  { purpose: 'limiter', log },
);
const rateLimiter = createRateLimiter(redis, log);
const [host = '', port = ''] = (environment.PG_WRITER ?? '').split(':');
const login = JSON.parse(readFileSync(environment.PG_CREDENTIALS_FILE ?? '', 'utf8'));
const pool = new pg.Pool({
  host,
  port: Number(port),
  database: environment.PG_DATABASE ?? '',
  user: login.username,
  password: login.password,
  max: 10,
});
const keys = JSON.parse(readFileSync(environment.SIGNING_KEYS_FILE ?? '', 'utf8')) as SigningKeys;
const issuer = environment.TOKEN_ISSUER ?? '';
const verifyUser = createUserVerifier({ keys: createLocalJWKSet(publicKeys(keys)), issuer });

const app = express();
app.set('trust proxy', 1);
app.use(cors({ origin: (environment.ALLOWED_ORIGINS ?? '').split(','), credentials: true }));

const limited = (name: 'login' | 'read') => async (request: Request, response: Response, next: NextFunction) => {
  const { allowed } = await rateLimiter.take(`bare:${name}`, limits[name], request.ip ?? '');
  if (allowed) next();
  else response.sendStatus(429);
};

app.post('/api/auth/login', limited('login'), express.json(), async (request, response) => {
  const { rows } = await pool.query('SELECT * FROM users WHERE handle = $1', [request.body.identifier]);
  const [user] = rows;
  if (!user || !(await verify(user.password_hash, request.body.password))) {
    response.sendStatus(401);
    return;
  }
  const sessionId = `se_${randomUUID()}`;
  await pool.query(
    `INSERT INTO sessions (id, user_id, created_at, last_used_at, expires_at, user_agent, address, counter, key_id,
                           current_hash, rotated_at)
     VALUES ($1, $2, now(), now(), now() + interval '30 days', '', '', 0, 'x', '', now())`,
    [sessionId, user.id],
  );
  const { kid, privateJwk } = signingKeyAt(keys, new Date());
  const accessToken = await new SignJWT({ sid: sessionId, role: user.role, handle: user.handle })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid })
    .setIssuer(issuer)
    .setAudience('headend:api')
    .setSubject(user.id)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime('10m')
    .sign(await importJWK(privateJwk, 'EdDSA'));
  response.json({ accessToken, user: { id: user.id, handle: user.handle, email: user.email, role: user.role } });
});

app.get('/api/auth/me', limited('read'), async (request, response) => {
  const principal = await verifyUser((request.headers.authorization ?? '').slice('Bearer '.length));
  const { rows } = await pool.query('SELECT * FROM users WHERE id = $1', [principal.userId]);
  const [user] = rows;
  response.json({ id: user.id, handle: user.handle, email: user.email, role: user.role, createdAt: user.created_at });
});

app.listen(Number(environment.PORT), '127.0.0.1');
