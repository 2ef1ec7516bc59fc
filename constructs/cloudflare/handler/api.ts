import { NotFoundError } from 'cloudflare';
import { SmartTieredCache } from 'cloudflare/resources/cache/smart-tiered-cache';
import { R2 } from 'cloudflare/resources/r2/r2';
import { Rulesets } from 'cloudflare/resources/rulesets/rulesets';
import { createClient } from 'cloudflare/tree-shakable';

export interface ApiOptions {
  readonly apiToken: string;
  /**
   * Where the API is.
   *
   * @default - Cloudflare's own
   */
  readonly baseURL?: string;
}

/** Only the resources we use: the whole SDK is three times the size. It retries 429 and 5xx with back-off by itself. */
export function cloudflareApi(options: ApiOptions) {
  return createClient({ ...options, maxRetries: 6, resources: [R2, Rulesets, SmartTieredCache] });
}

export type CloudflareApi = ReturnType<typeof cloudflareApi>;

/** The answer, or `undefined` where there is nothing. */
export async function ifFound<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
