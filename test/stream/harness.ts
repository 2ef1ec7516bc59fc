import { randomUUID } from 'node:crypto';
import { Cluster } from 'ioredis';
import {
  type PrivateLiveKit,
  type PrivatePostgres,
  type PrivateRedis,
  type PrivateS3,
  startPostgres,
  startRedis,
  startS3,
} from '../../runtime/local/testing';
import { broadcastKeys, type PublishSession } from '../../runtime/shared/broadcast';
import { newId } from '../../runtime/shared/ids';
import {
  type Answered,
  type CallOptions,
  call,
  type ServiceUnderTest,
  serviceToken,
  startServiceUnderTest,
  startTestIssuer,
  type TestIssuer,
  testSecrets,
} from '../contract/service';

export const home = 'us-east-1';
export const cell = 'eu-west-1';

export interface StreamUnderTest extends ServiceUnderTest {
  readonly postgres: PrivatePostgres;
  readonly redis: PrivateRedis;
  readonly redisClient: Cluster;
  readonly s3: PrivateS3;
  readonly secrets: ReturnType<typeof testSecrets>;
  readonly issuer: TestIssuer;
  readonly environment: Readonly<Record<string, string>>;
  /** As a user. */
  call(path: string, options?: CallOptions): Promise<Answered>;
  /** As a gate, packager or chat pod. */
  internal(path: string, options?: CallOptions): Promise<Answered>;
}

/** Stream on a PostgreSQL, a Redis and an S3 of its own; one packager with many slots is registered at home. */
export async function startStream(
  options: {
    readonly livekit?: PrivateLiveKit;
    readonly environment?: Readonly<Record<string, string>>;
    readonly s3?: PrivateS3;
  } = {},
): Promise<StreamUnderTest> {
  const [postgres, redis, s3, issuer] = await Promise.all([
    startPostgres(),
    startRedis({ cluster: true }),
    options.s3 ?? startS3(),
    startTestIssuer(),
  ]);
  const secrets = testSecrets();
  const livekitUrl = options.livekit?.url ?? 'http://127.0.0.1:9';
  const environment = {
    PG_WRITER: `${postgres.host}:${postgres.port}`,
    PG_READERS: '',
    PG_DATABASE: postgres.database,
    PG_CREDENTIALS_FILE: postgres.credentialsFile,
    REDIS_URL: redis.url,
    REDIS_CLUSTER: String(redis.cluster),
    TOKEN_ISSUER: issuer.issuer,
    JWKS_URL: issuer.jwksUrl,
    SERVICE_JWKS_FILE: secrets.serviceJwksFile,
    SERVICE_KEY_FILE: secrets.serviceKeyFile('stream'),
    HLS_BUCKET: s3.hlsBucket,
    RECORDINGS_BUCKET: s3.recordingsBucket,
    S3_ENDPOINT: s3.url,
    AWS_REGION: s3.region,
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
    LIVEKIT_KEYS_FILE:
      options.livekit?.keysFile ?? secrets.put('livekit-keys.json', { apiKey: 'key', apiSecret: 'x'.repeat(32) }),
    LIVEKIT_API_URLS: `${home}=${livekitUrl}`,
    LIVEKIT_CLIENT_URLS: `${home}=${livekitUrl.replace('http', 'ws')}`,
    INGEST_RTMP_URLS: `${home}=rtmps://ingest.us.test/live,${cell}=rtmps://ingest.eu.test/live`,
    INGEST_WHIP_URLS: `${home}=https://ingest.us.test/whip,${cell}=https://ingest.eu.test/whip`,
    MEDIA_BASE_URL: 'https://media.headend.test',
    MEDIA_SIGNING_KEY_FILE: secrets.mediaSigningKeyFile,
    SECRETS_KEY_FILE: secrets.playbackKeyFile,
    WEBHOOK_PRIVATE_TARGETS: 'true',
    ...options.environment,
  };
  const service = await startServiceUnderTest('stream', environment);
  const redisClient = new Cluster([{ host: redis.host, port: redis.port }]);
  await registerPackager(redisClient, home, 100);
  const asService = await serviceToken(secrets, 'ingest');
  return {
    ...service,
    postgres,
    redis,
    redisClient,
    s3,
    secrets,
    issuer,
    environment,
    call: (path, callOptions) => call(service.baseUrl, `/api/stream/${path}`, callOptions),
    internal: (path, callOptions) =>
      call(service.baseUrl, `/api/stream/internal/${path}`, { token: asService, ...callOptions }),
    async stop() {
      redisClient.disconnect();
      await service.stop();
      await Promise.all([postgres.stop(), redis.stop(), s3.stop(), issuer.stop()]);
      secrets.remove();
    },
  };
}

/** What a packager keeps in Redis while it is alive. */
export async function registerPackager(redis: Cluster, region: string, slots: number): Promise<void> {
  await redis.zadd(broadcastKeys.slots(region), slots, 'packager-1');
  await redis.set(broadcastKeys.slotHeartbeat(region, 'packager-1'), '1', 'EX', 3_600);
}

export interface Broadcaster {
  readonly userId: string;
  readonly token: string;
  readonly handle: string;
  readonly channelId: string;
  readonly keyId: string;
  readonly streamKey: string;
}

/** Someone with a channel and a key. */
export async function newBroadcaster(stream: StreamUnderTest, settings: object = {}): Promise<Broadcaster> {
  const userId = newId('us');
  const token = await stream.issuer.token({ userId });
  const handle = `c${randomUUID().replace(/-/g, '').slice(0, 20)}`;
  const channel = await stream.call('channels', { token, body: { handle, title: 'A channel', settings } });
  const key = await stream.call(`channels/${handle}/keys`, { token, body: { label: 'test' } });
  return { userId, token, handle, channelId: channel.body.id, keyId: key.body.id, streamKey: key.body.secret };
}

/** Plays the gate: asks, keeps a session in Redis, tells. */
export class Gate {
  constructor(
    private readonly stream: StreamUnderTest,
    private readonly region: string = home,
  ) {}

  authorize(streamKey: string): Promise<Answered> {
    const body = { streamKey, protocol: 'rtmp', region: this.region, clientAddress: '198.18.0.1' };
    return this.stream.internal('publish-authorizations', { body });
  }

  /** Authorises, writes the session and says that it started. Resolves to stream and session id. */
  async publish(streamKey: string): Promise<{ readonly streamId: string; readonly sessionId: string }> {
    const grant = await this.authorize(streamKey);
    if (grant.status !== 200) throw new Error(JSON.stringify(grant.body));
    const { streamId } = grant.body;
    const sessionId = randomUUID();
    const { onSecondPublisher: _policy, ...shared } = grant.body;
    const session: PublishSession = {
      ...shared,
      sessionId,
      source: 'rtmp',
      region: this.region,
      startedAtMs: Date.now(),
    };
    await this.stream.redisClient.set(broadcastKeys.session(streamId), JSON.stringify(session));
    await this.tell(streamId, { type: 'publish-started', sessionId, source: 'rtmp', region: this.region });
    return { streamId, sessionId };
  }

  /** The packager's part: the first picture can be watched. */
  async show(streamId: string, token = 1): Promise<void> {
    await this.stream.redisClient.set(broadcastKeys.lease(streamId), 'held');
    const renditions = [{ name: '720p', width: 1280, height: 720 }];
    await this.tell(streamId, { type: 'packaging', token, renditions, hasAudio: true });
  }

  async tell(streamId: string, event: object): Promise<Answered> {
    return this.stream.internal(`broadcasts/${streamId}/events`, { body: event });
  }

  /** Dies without a word. */
  async vanish(streamId: string): Promise<void> {
    await this.stream.redisClient.del(broadcastKeys.session(streamId));
  }
}
