import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, HeadBucketCommand, PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import { mediaPrefixes } from '../../shared/media-layout';
import { failWhenExited, type RunningProcess, startProcess } from '../child-process';
import { poll } from '../poll';
import type { Installation } from '../provision/types';

export interface S3Access {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface S3Options {
  readonly installation: Installation;
  readonly dataDirectory: string;
  readonly port: number;
  readonly access: S3Access;
  readonly onLine?: (line: string) => void;
}

export async function startS3Server(options: S3Options): Promise<RunningProcess> {
  const { installation, dataDirectory, port, access, onLine } = options;
  const buckets = join(dataDirectory, 'buckets');
  const metadata = join(dataDirectory, 'metadata');
  for (const directory of [buckets, metadata]) mkdirSync(directory, { recursive: true });
  const running = await startProcess({
    name: 's3',
    command: installation.command('versitygw', [dataDirectory]),
    // A sidecar directory, because not every file system keeps extended attributes.
    arguments: [
      ...['--port', `127.0.0.1:${port}`, '--region', access.region, '--health', '/health', '--quiet', '--keep-alive'],
      ...['posix', '--sidecar', metadata, buckets],
    ],
    environment: { ROOT_ACCESS_KEY: access.accessKeyId, ROOT_SECRET_KEY: access.secretAccessKey },
    ...(onLine && { onLine }),
  });
  const healthy = async () => {
    const { ok, status } = await fetch(`${access.endpoint}/health`);
    if (!ok) throw new Error(`it answered ${status}`);
  };
  await poll(healthy, { what: 'the S3 server answering', deadlineMs: 20_000, abort: failWhenExited(running) });
  return running;
}

export interface Buckets {
  readonly hls: string;
  readonly recordings: string;
}

/** Makes the two buckets. HLS objects are readable without a signature: nginx, as our CDN, cannot sign its requests. */
export async function createBuckets(access: S3Access, { hls, recordings }: Buckets): Promise<void> {
  const client = new S3Client({
    endpoint: access.endpoint,
    region: access.region,
    credentials: access,
    forcePathStyle: true,
  });
  try {
    for (const Bucket of [hls, recordings]) {
      const exists = await client.send(new HeadBucketCommand({ Bucket })).then(
        () => true,
        () => false,
      );
      if (!exists) await client.send(new CreateBucketCommand({ Bucket }));
    }
    await client.send(new PutBucketPolicyCommand({ Bucket: hls, Policy: JSON.stringify(publicRead(hls)) }));
  } finally {
    client.destroy();
  }
}

const publicRead = (bucket: string) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: '*',
      Action: ['s3:GetObject'],
      Resource: Object.values(mediaPrefixes).map((prefix) => `arn:aws:s3:::${bucket}/${prefix}*`),
    },
  ],
});
