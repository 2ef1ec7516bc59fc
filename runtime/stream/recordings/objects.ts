import {
  CopyObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NotFound,
  PutObjectTaggingCommand,
  RestoreObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import {
  hlsKeys,
  type MediaLocation,
  recordingKeys,
  retentionTag,
  type StreamLocation,
} from '../../shared/media-layout';
import type { ObjectStatus } from './machine';
import type { RestoreTier } from './price';
import type { RetentionDays } from './store';

/** A region's buckets and the clients for them: live media may be at another vendor than recordings. */
export interface RegionStorage {
  readonly client: S3Client;
  readonly recordingsBucket: string;
  readonly hlsClient: S3Client;
  readonly hlsBucket: string;
}

/** What the stream service does with a stream's objects. */
export interface MediaObjects {
  /** `undefined` when there is no recording. */
  status(at: StreamLocation): Promise<ObjectStatus | undefined>;
  archive(at: StreamLocation): Promise<void>;
  restore(at: StreamLocation, tier: RestoreTier, days: number): Promise<'started' | 'in-progress'>;
  setRetention(at: StreamLocation, days: RetentionDays): Promise<void>;
  downloadUrl(at: StreamLocation, options: { readonly fileName: string; readonly seconds: number }): Promise<string>;
  posterUrl(at: StreamLocation, seconds: number): Promise<string>;
  removeRecording(at: StreamLocation): Promise<void>;
  removeHls(at: MediaLocation): Promise<void>;
}

const archiveClass = 'DEEP_ARCHIVE';

export function createMediaObjects(storageOf: (region: string) => RegionStorage): MediaObjects {
  const recordingOf = (at: StreamLocation) => {
    const { client, recordingsBucket } = storageOf(at.region);
    return { client, object: { Bucket: recordingsBucket, Key: recordingKeys.recording(at) } };
  };

  const removeAll = async (client: S3Client, bucket: string, prefix: string) => {
    for (;;) {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
      if (Contents.length === 0) return;
      const { Errors = [] } = await client.send(
        new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: Contents.map(({ Key }) => ({ Key })) } }),
      );
      if (Errors.length > 0) throw new Error(`${Errors.length} objects under ${prefix} were not deleted`);
    }
  };

  return {
    async status(at) {
      const { client, object } = recordingOf(at);
      try {
        const { StorageClass, Restore } = await client.send(new HeadObjectCommand(object));
        const restore = Restore === undefined ? undefined : parseRestore(Restore);
        return { archived: StorageClass === archiveClass, ...(restore && { restore }) };
      } catch (error) {
        if (error instanceof NotFound) return undefined;
        throw error;
      }
    },
    async archive(at) {
      const { client, object } = recordingOf(at);
      const CopySource = `${object.Bucket}/${object.Key}`;
      await client.send(new CopyObjectCommand({ ...object, CopySource, StorageClass: archiveClass }));
    },
    async restore(at, tier, days) {
      const { client, object } = recordingOf(at);
      const Tier = tier === 'bulk' ? 'Bulk' : 'Standard';
      try {
        const RestoreRequest = { Days: days, GlacierJobParameters: { Tier } } as const;
        await client.send(new RestoreObjectCommand({ ...object, RestoreRequest }));
        return 'started';
      } catch (error) {
        if ((error as { name?: unknown }).name === 'RestoreAlreadyInProgress') return 'in-progress';
        throw error;
      }
    },
    async setRetention(at, days) {
      const { client, object } = recordingOf(at);
      const Tagging = { TagSet: [{ Key: retentionTag, Value: String(days) }] };
      await client.send(new PutObjectTaggingCommand({ ...object, Tagging }));
    },
    async downloadUrl(at, { fileName, seconds }) {
      const { client, object } = recordingOf(at);
      const ResponseContentDisposition = `attachment; filename="${fileName}"`;
      return getSignedUrl(client, new GetObjectCommand({ ...object, ResponseContentDisposition }), {
        expiresIn: seconds,
      });
    },
    async posterUrl(at, seconds) {
      const { client, recordingsBucket } = storageOf(at.region);
      const object = { Bucket: recordingsBucket, Key: recordingKeys.poster(at) };
      return getSignedUrl(client, new GetObjectCommand(object), { expiresIn: seconds });
    },
    async removeRecording(at) {
      const { client, object } = recordingOf(at);
      await removeAll(client, object.Bucket, object.Key.slice(0, object.Key.lastIndexOf('/') + 1));
    },
    async removeHls(at) {
      const { hlsClient, hlsBucket } = storageOf(at.region);
      await removeAll(hlsClient, hlsBucket, hlsKeys.root(at));
    },
  };
}

/** `x-amz-restore`: `ongoing-request="true"`, or `ongoing-request="false", expiry-date="<HTTP date>"`. */
export function parseRestore(header: string): ObjectStatus['restore'] {
  if (/ongoing-request="true"/.test(header)) return { ongoing: true };
  const [, date] = /expiry-date="([^"]+)"/.exec(header) ?? [];
  return date === undefined ? undefined : { ongoing: false, expiresAt: new Date(date) };
}
