import { ConflictError } from 'cloudflare';
import { mediaCors } from '../../../runtime/shared/media-cors';
import { hlsExpiryDays } from '../../../runtime/shared/media-layout';
import { type CloudflareApi, ifFound } from './api';
import type { MediaZoneSettings } from './settings';

const day = 86_400;

/** R2 bucket with its host name, its CORS and its expiry. The bucket is ours alone: its settings are written whole. */
export async function reconcileBucket(api: CloudflareApi, settings: MediaZoneSettings): Promise<void> {
  const { accountId: account_id, zoneId, bucket, host, allowedOrigins } = settings;
  if (!(await ifFound(api.r2.buckets.get(bucket, { account_id })))) {
    await createUnlessThere(api.r2.buckets.create({ account_id, name: bucket }));
  }
  await api.r2.buckets.lifecycle.update(bucket, {
    account_id,
    rules: [
      {
        id: 'expire',
        enabled: true,
        conditions: { prefix: '' },
        deleteObjectsTransition: { condition: { type: 'Age', maxAge: hlsExpiryDays * day } },
        abortMultipartUploadsTransition: { condition: { type: 'Age', maxAge: day } },
      },
    ],
  });
  await api.r2.buckets.cors.update(bucket, {
    account_id,
    rules: [
      {
        id: 'players',
        allowed: {
          origins: allowedOrigins,
          methods: [...mediaCors.methods],
          headers: [...mediaCors.requestHeaders],
        },
        exposeHeaders: [...mediaCors.exposedHeaders],
        maxAgeSeconds: day,
      },
    ],
  });
  const domain = await ifFound(api.r2.buckets.domains.custom.get(host, { account_id, bucket_name: bucket }));
  if (!domain) {
    await createUnlessThere(
      api.r2.buckets.domains.custom.create(bucket, { account_id, zoneId, domain: host, enabled: true, minTLS: '1.2' }),
    );
  } else if (!domain.enabled || domain.minTLS !== '1.2') {
    await api.r2.buckets.domains.custom.update(host, { account_id, bucket_name: bucket, enabled: true, minTLS: '1.2' });
  }
}

/**
 * Takes the host name off. A bucket that still holds media or serves another host stays: its lifecycle empties it, a
 * later delete removes it.
 */
export async function removeBucket(api: CloudflareApi, settings: MediaZoneSettings): Promise<'removed' | 'kept'> {
  const { accountId: account_id, bucket, host } = settings;
  await ifFound(api.r2.buckets.domains.custom.delete(host, { account_id, bucket_name: bucket }));
  const hosts = await ifFound(api.r2.buckets.domains.custom.list(bucket, { account_id }));
  if (hosts && hosts.domains.length > 0) return 'kept';
  try {
    await ifFound(api.r2.buckets.delete(bucket, { account_id }));
    return 'removed';
  } catch (error) {
    if (error instanceof ConflictError) return 'kept';
    throw error;
  }
}

/** A retried create whose first answer was lost finds its own work. */
async function createUnlessThere(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
  }
}
