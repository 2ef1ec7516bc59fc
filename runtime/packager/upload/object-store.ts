import { GetObjectCommand, PutObjectCommand, type PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3';
import type { StorageAddress } from '../../shared/hls-storage';
import { cacheControl, type ObjectClassName, objectClasses } from '../../shared/media-layout';

/** The little of S3 that live packaging needs. Each call is one attempt: {@link retryUntilDone} repeats it. */
export interface ObjectStore {
  put(key: string, body: Buffer, kind: ObjectClassName, signal: AbortSignal): Promise<void>;
  get(key: string): Promise<Buffer>;
}

/** A request without an answer for this long is given up and repeated. */
const requestTimeoutMs = 8_000;

/** The SDK's own retries are off by default: the uploader's have no end, and count. */
export function createS3Client(address: StorageAddress, { retries = 0 } = {}): S3Client {
  return new S3Client({
    ...address,
    maxAttempts: 1 + retries,
    requestHandler: { requestTimeout: requestTimeoutMs, connectionTimeout: 2_000 },
    // Checksums that other S3 servers do not know are sent only where the operation demands them.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

export function createObjectStore(s3: S3Client, bucket: string): ObjectStore {
  return {
    async put(key, body, kind, signal) {
      const input: PutObjectCommandInput = {
        Bucket: bucket,
        Key: key,
        Body: body,
        ContentType: objectClasses[kind].contentType,
        CacheControl: cacheControl(kind),
      };
      await s3.send(new PutObjectCommand(input), { abortSignal: signal });
    },
    async get(key) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
  };
}
