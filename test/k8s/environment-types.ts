import type { EnvironmentOf } from '../../k8s/environment-values';
import type { webContract } from '../../runtime/web/contract';

/** Compiled with everything else: a line that ceases to be an error fails the type check. */

type WebEnvironment = EnvironmentOf<typeof webContract>;

const base = {
  LOG_LEVEL: 'info',
  REGION: 'eu-west-1',
  ALLOWED_ORIGINS: 'https://example.com',
  TRUSTED_PROXY_HOPS: '1',
} as const;

export const complete: WebEnvironment = {
  ...base,
  PAGES_DIRECTORY: '/pages',
  MEDIA_ORIGINS: 'https://media.example.com',
  REALTIME_ORIGINS: 'wss://example.com',
};

// @ts-expect-error: MEDIA_ORIGINS is missing
export const missing: WebEnvironment = { ...base, PAGES_DIRECTORY: '/pages', REALTIME_ORIGINS: 'wss://example.com' };

export const misspelt: WebEnvironment = {
  ...complete,
  // @ts-expect-error: no such variable
  MEDIA_ORIGIN: 'https://media.example.com',
};

export const notAnOption: WebEnvironment = {
  ...complete,
  // @ts-expect-error: a variable without a default cannot be left out
  PAGES_DIRECTORY: undefined,
};
