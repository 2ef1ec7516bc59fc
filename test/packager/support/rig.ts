import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { RunningProcess } from '../../../runtime/local/child-process';
import { poll } from '../../../runtime/local/poll';
import { type PrivateLiveKit, type PrivateS3, startS3 } from '../../../runtime/local/testing';
import type { BroadcastEvent } from '../../../runtime/shared/broadcast';
import { watchedMetrics } from '../../../runtime/shared/watched-metrics';
import { startServiceUnderTest } from '../../contract/service';
import { ffmpegFile } from '../../ingest/support/encoder';
import { region, type Surroundings, startSurroundings } from '../../ingest/support/gate';

export { region };

/** What a packager needs around it, all real but the stream service's table: Redis cluster, S3, LiveKit, gate. */
export interface Rig extends Surroundings {
  readonly s3: PrivateS3;
  readonly bucket: Bucket;
  startPackager(options?: PackagerOptions): Promise<Packager>;
  /** Waits until a metric of the packager satisfies the condition. */
  untilMetric(
    packager: Packager,
    name: string,
    condition: (value: number) => boolean,
    deadlineMs?: number,
  ): Promise<void>;
  /** Waits until the packager's newest segment is this late. */
  untilBehind(packager: Packager, seconds: number): Promise<void>;
  /** What the stream service was told of a broadcast, oldest first. */
  events(streamId: string): readonly BroadcastEvent[];
  /** Waits until the stream service was told this of a broadcast, and returns the newest such event. */
  untilEvent<T extends BroadcastEvent['type']>(streamId: string, type: T, deadlineMs?: number): Promise<EventOf<T>>;
}

type EventOf<T extends BroadcastEvent['type']> = Extract<BroadcastEvent, { readonly type: T }>;

export interface PackagerOptions {
  readonly id?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Packager {
  readonly id: string;
  readonly process: RunningProcess;
  /** Everything it printed. */
  readonly lines: readonly string[];
  metric(name: string): Promise<number>;
  stop(): Promise<void>;
}

export interface StoredObject {
  readonly body: Buffer;
  readonly contentType: string | undefined;
  readonly cacheControl: string | undefined;
}

export interface Bucket {
  get(key: string): Promise<StoredObject>;
  text(key: string): Promise<string>;
  exists(key: string): Promise<boolean>;
  list(prefix: string): Promise<readonly string[]>;
}

export async function startRig(livekit?: PrivateLiveKit): Promise<Rig> {
  const [surroundings, s3] = await Promise.all([startSurroundings(livekit), startS3()]);
  const client = clientOf(s3);
  const packagers: Packager[] = [];
  const events = (streamId: string) =>
    surroundings.home.events.filter((told) => told.streamId === streamId).map(({ event }) => event);
  return {
    ...surroundings,
    s3,
    bucket: bucketOf(client, s3.hlsBucket),
    async startPackager(options = {}) {
      const packager = await startPackager(surroundings, s3, options);
      packagers.push(packager);
      return packager;
    },
    untilMetric,
    untilBehind: (packager, seconds) =>
      untilMetric(packager, watchedMetrics.packagerLag.name, (lag) => lag >= seconds, 30_000 + seconds * 1_000),
    events,
    untilEvent: <T extends BroadcastEvent['type']>(streamId: string, type: T, deadlineMs = 15_000) =>
      poll(
        async () => {
          const told = events(streamId);
          const event = told.findLast((event): event is EventOf<T> => event.type === type);
          if (!event) throw new Error(`the stream service was told ${told.map((event) => event.type).join(', ')}`);
          return event;
        },
        { what: `${type} of ${streamId}`, deadlineMs },
      ),
    async stop() {
      await Promise.all(packagers.map((packager) => packager.stop()));
      await surroundings.stop();
      client.destroy();
      await s3.stop();
    },
  };
}

async function untilMetric(
  packager: Packager,
  name: string,
  condition: (value: number) => boolean,
  deadlineMs = 60_000,
): Promise<void> {
  const probe = async () => {
    const value = await packager.metric(name);
    if (!condition(value)) throw new Error(`it is ${value}`);
  };
  await poll(probe, { what: `${name} of ${packager.id}`, deadlineMs, intervalMs: 250 });
}

export function clientOf({ url, region: s3Region, accessKeyId, secretAccessKey }: PrivateS3): S3Client {
  return new S3Client({
    endpoint: url,
    region: s3Region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    // The server answers with the old checksum while an object is being replaced.
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

export function bucketOf(client: S3Client, name: string): Bucket {
  const get = async (key: string): Promise<StoredObject> => {
    const answer = await client.send(new GetObjectCommand({ Bucket: name, Key: key }));
    const body = Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
    return { body, contentType: answer.ContentType, cacheControl: answer.CacheControl };
  };
  return {
    get,
    text: async (key) => (await get(key)).body.toString(),
    exists: (key) =>
      client.send(new HeadObjectCommand({ Bucket: name, Key: key })).then(
        () => true,
        () => false,
      ),
    async list(prefix) {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: name, Prefix: prefix }));
      return Contents.map(({ Key = '' }) => Key);
    },
  };
}

async function startPackager(
  surroundings: Surroundings,
  s3: PrivateS3,

  { id = 'packager-1', environment = {} }: PackagerOptions,
): Promise<Packager> {
  const work = mkdtempSync(join(tmpdir(), 'headend-packager-'));
  const service = await startServiceUnderTest('packager', {
    ...surroundings.packagerEnvironment,
    LOG_LEVEL: 'info',
    REGION: region,
    HLS_BUCKET: s3.hlsBucket,
    RECORDINGS_BUCKET: s3.recordingsBucket,
    S3_ENDPOINT: s3.url,
    AWS_REGION: s3.region,
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
    PACKAGER_ID: id,
    SLOTS: '4',
    FFMPEG_PATH: await ffmpegFile(),
    WORK_DIR: work,
    ...environment,
  });
  return {
    id,
    process: service.process,
    lines: service.lines,
    async metric(name) {
      const text = await (await fetch(`${service.managementUrl}/metrics`)).text();
      const line = text.split('\n').find((each) => each.startsWith(name) && !each.startsWith('#'));
      return Number(line?.split(' ').at(-1) ?? Number.NaN);
    },
    async stop() {
      await service.stop();
      rmSync(work, { recursive: true, force: true });
    },
  };
}
