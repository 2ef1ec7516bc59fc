import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { RunningProcess } from '../../../runtime/local/child-process';
import { freePort } from '../../../runtime/local/ports';
import { type PrivateLiveKit, type PrivateRedis, startRedis } from '../../../runtime/local/testing';
import { broadcastKeys, type PublishGrant, type PublishSession } from '../../../runtime/shared/broadcast';
import { newId } from '../../../runtime/shared/ids';
import { createLogger } from '../../../runtime/shared/log';
import { connectRedis, type RedisClient } from '../../../runtime/shared/redis';
import { createServiceTokens } from '../../../runtime/shared/tokens';
import { startServiceUnderTest, testSecrets } from '../../contract/service';
import { ffmpegFile } from './encoder';
import { type StreamDouble, startStreamDouble } from './stream-double';

export const region = 'eu-west-1';
export const studioOrigin = 'https://studio.example.com';

/** What gates need around them: a real Redis cluster, service keys, and the stream service's answers. */
export interface Surroundings {
  readonly redisServer: PrivateRedis;
  readonly redis: RedisClient;
  readonly home: StreamDouble;
  /** A new key that may publish, to a stream of its own unless told otherwise. */
  allow(grant?: Partial<PublishGrant>): { readonly key: string; readonly grant: PublishGrant };
  session(streamId: string): Promise<PublishSession | undefined>;
  packagerToken(): Promise<string>;
  /** What a packager's environment needs of it. */
  readonly packagerEnvironment: Readonly<Record<string, string>>;
  /** @param options.environment beside or instead of what a gate normally gets */
  startGate(options?: { readonly environment?: Readonly<Record<string, string>> }): Promise<Gate>;
  stop(): Promise<void>;
}

export interface Gate {
  readonly rtmpPort: number;
  readonly url: string;
  readonly process: RunningProcess;
  /** Everything it printed. */
  readonly lines: readonly string[];
  metric(name: string, labels?: string): Promise<number>;
  stop(): Promise<void>;
}

export async function startSurroundings(livekit?: PrivateLiveKit): Promise<Surroundings> {
  const secrets = testSecrets();
  const redisServer = await startRedis();
  const log = createLogger('test', 'silent');
  const redis = connectRedis({ REDIS_URL: redisServer.url, REDIS_CLUSTER: true }, { purpose: 'commands', log });
  const home = await startStreamDouble(secrets.serviceJwksFile);
  const gates: Gate[] = [];
  await offerSlots(redis, 100);
  return {
    redisServer,
    redis,
    home,
    allow(grant = {}) {
      const key = `hk_${randomBytes(6).toString('hex')}_${randomBytes(16).toString('hex')}`;
      const whole = { ...ordinaryGrant(), ...grant };
      home.answers.set(key, whole);
      return { key, grant: whole };
    },
    async session(streamId) {
      const json = await redis.get(broadcastKeys.session(streamId));
      return json === null ? undefined : (JSON.parse(json) as PublishSession);
    },
    packagerToken: createServiceTokens('packager', secrets.serviceKeyFile('packager')),
    packagerEnvironment: {
      REDIS_URL: redisServer.url,
      REDIS_CLUSTER: 'true',
      SERVICE_KEY_FILE: secrets.serviceKeyFile('packager'),
      STREAM_URL: home.url,
      LIVEKIT_URL: livekit?.url ?? 'http://127.0.0.1:1',
      LIVEKIT_KEYS_FILE: livekit?.keysFile ?? secrets.put('livekit.json', secrets.livekit),
    },
    async startGate({ environment = {} } = {}) {
      const gate = await startGate({
        REDIS_URL: redisServer.url,
        REDIS_CLUSTER: 'true',
        SERVICE_KEY_FILE: secrets.serviceKeyFile('ingest'),
        SERVICE_JWKS_FILE: secrets.serviceJwksFile,
        STREAM_URL: home.url,
        LIVEKIT_URL: livekit?.url ?? 'http://127.0.0.1:1',
        LIVEKIT_KEYS_FILE: livekit?.keysFile ?? secrets.put('livekit.json', secrets.livekit),
        ...environment,
      });
      gates.push(gate);
      return gate;
    },
    async stop() {
      await Promise.all(gates.map((gate) => gate.stop()));
      await home.stop();
      redis.disconnect();
      await redisServer.stop();
      secrets.remove();
    },
  };
}

/** As a packager says that it has free slots. */
export async function offerSlots(redis: RedisClient, slots: number): Promise<void> {
  await redis.zadd(broadcastKeys.slots(region), slots, 'packager-test');
  await (redis as Redis).set(broadcastKeys.slotHeartbeat(region, 'packager-test'), '1');
}

function ordinaryGrant(): PublishGrant {
  const streamId = newId('st');
  return {
    streamId,
    channelId: newId('ch'),
    keyId: newId('key'),
    bridge: false,
    resumeGraceSeconds: 60,
    dvrSeconds: 0,
    record: false,
    retentionDays: 90,
    mediaAccess: 'open',
    captionLanguages: [],
    roomName: streamId,
    onSecondPublisher: 'refuse',
  };
}

async function startGate(environment: Readonly<Record<string, string>>): Promise<Gate> {
  const [rtmpPort, port] = [await freePort(), await freePort()];
  const service = await startServiceUnderTest('ingest', {
    PORT: String(port),
    LOG_LEVEL: 'debug',
    REGION: region,
    ALLOWED_ORIGINS: studioOrigin,
    TRUSTED_PROXY_HOPS: '0',
    DRAIN_SECONDS: '2',
    RTMP_PORT: String(rtmpPort),
    FFMPEG_PATH: await ffmpegFile(),
    FEED_ADVERTISE_URL: `http://127.0.0.1:${port}`,
    ...environment,
  });
  return {
    rtmpPort,
    // Its port is ours: the gate advertises it.
    url: `http://127.0.0.1:${port}`,
    process: service.process,
    lines: service.lines,
    async metric(name, labels = '') {
      const text = await (await fetch(`${service.managementUrl}/metrics`)).text();
      const line = text.split('\n').find((row) => row.startsWith(`${name}{`) && row.includes(labels));
      return line === undefined ? 0 : Number(line.split(' ').at(-1));
    },
    stop: () => service.stop(),
  };
}
