import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { recordingKeys, retentionTag, type StreamLocation } from '../../shared/media-layout';

/** The recordings bucket. Only the recording itself carries the tag that sends it to the archive. */
export interface RecordingStore {
  putRecording(at: StreamLocation, file: string, retentionDays: number): Promise<void>;
  putPoster(at: StreamLocation, file: string): Promise<void>;
  putMetadata(at: StreamLocation, metadata: unknown): Promise<void>;
}

const partBytes = 16 * 1024 * 1024;

export function createRecordingStore(s3: S3Client, bucket: string): RecordingStore {
  return {
    async putRecording(at, file, retentionDays) {
      const upload = new Upload({
        client: s3,
        partSize: partBytes,
        queueSize: 3,
        params: {
          Bucket: bucket,
          Key: recordingKeys.recording(at),
          Body: createReadStream(file),
          ContentType: 'video/mp4',
          Tagging: `${retentionTag}=${retentionDays}`,
        },
      });
      await upload.done();
    },
    async putPoster(at, file) {
      const Body = await readFile(file);
      await s3.send(
        new PutObjectCommand({ Bucket: bucket, Key: recordingKeys.poster(at), Body, ContentType: 'image/jpeg' }),
      );
    },
    async putMetadata(at, metadata) {
      const Body = JSON.stringify(metadata);
      await s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: recordingKeys.metadata(at),
          Body,
          ContentType: 'application/json',
        }),
      );
    },
  };
}
