import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { readSecret } from './environment';

export interface StorageSettings {
  readonly REGION: string;
  readonly S3_ENDPOINT?: string | undefined;
  readonly HLS_S3_ENDPOINT?: string | undefined;
  readonly HLS_S3_CREDENTIALS_FILE?: string | undefined;
}

export type StorageAddress = Pick<S3ClientConfig, 'region' | 'endpoint' | 'forcePathStyle' | 'credentials'>;

const accessKey = z.object({ accessKeyId: z.string().min(1), secretAccessKey: z.string().min(1) });

/** The SDK asks again five minutes before this has passed, so that a rotated key is taken up without a restart. */
const validMs = 10 * 60_000;

/**
 * Where the recordings bucket is, and the HLS bucket beside it. Credentials come from the SDK's own chain, as does the
 * region of a server that is not Amazon's.
 */
export function storageAddress({ REGION, S3_ENDPOINT }: StorageSettings): StorageAddress {
  return S3_ENDPOINT === undefined ? { region: REGION } : { endpoint: S3_ENDPOINT, forcePathStyle: true };
}

/** Where the HLS bucket is: beside the recordings, or at another S3 API with an access key of its own. */
export function hlsStorageAddress(settings: StorageSettings, clock: () => number = Date.now): StorageAddress {
  const { HLS_S3_ENDPOINT: endpoint, HLS_S3_CREDENTIALS_FILE: file } = settings;
  if (endpoint === undefined) return storageAddress(settings);
  if (file === undefined)
    throw new Error('HLS_S3_ENDPOINT needs HLS_S3_CREDENTIALS_FILE: AWS credentials do not work there');
  return {
    // R2's only one (Cloudflare R2, "S3 API compatibility").
    region: 'auto',
    endpoint,
    forcePathStyle: true,
    credentials: async () => ({ ...readSecret(file, accessKey), expiration: new Date(clock() + validMs) }),
  };
}
