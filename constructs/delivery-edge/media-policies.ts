import { Duration, Names } from 'aws-cdk-lib';
import {
  CacheCookieBehavior,
  CacheHeaderBehavior,
  CachePolicy,
  CacheQueryStringBehavior,
  ResponseHeadersPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { Construct } from 'constructs';
import { mediaCors } from '../../runtime/shared/media-cors';
import type { CacheTreatment } from './cache-treatment';
import { hstsMaxAge } from './security-headers';

export interface MediaPoliciesProps {
  readonly treatment: CacheTreatment;
  /** Origins whose pages may play the media, e.g. `https://live.example.com`. */
  readonly allowedOrigins: readonly string[];
  /**
   * Whether players send cookies (private streams); CORS then answers with credentials.
   *
   * @default false
   */
  readonly credentialed?: boolean;
}

/**
 * Cache policy and response headers of one treatment. Cookies, query strings and Origin stay out of the cache key: each
 * would give every viewer a copy of their own.
 */
export class MediaPolicies extends Construct {
  readonly cachePolicy: CachePolicy;
  readonly responseHeadersPolicy: ResponseHeadersPolicy;

  constructor(scope: Construct, id: string, { treatment, allowedOrigins, credentialed = false }: MediaPoliciesProps) {
    super(scope, id);
    const name = Names.uniqueResourceName(this, { maxLength: 100, separator: '-' });

    this.cachePolicy = new CachePolicy(this, 'Cache', {
      cachePolicyName: name,
      minTtl: Duration.seconds(treatment.minTtlSeconds),
      defaultTtl: Duration.seconds(treatment.defaultTtlSeconds),
      maxTtl: Duration.seconds(treatment.maxTtlSeconds),
      cookieBehavior: CacheCookieBehavior.none(),
      headerBehavior: CacheHeaderBehavior.none(),
      queryStringBehavior: CacheQueryStringBehavior.none(),
      enableAcceptEncodingGzip: treatment.compress,
      enableAcceptEncodingBrotli: treatment.compress,
    });

    this.responseHeadersPolicy = new ResponseHeadersPolicy(this, 'Headers', {
      responseHeadersPolicyName: name,
      corsBehavior: {
        accessControlAllowOrigins: [...allowedOrigins],
        accessControlAllowMethods: [...mediaCors.methods],
        accessControlAllowHeaders: [...mediaCors.requestHeaders],
        accessControlExposeHeaders: [...mediaCors.exposedHeaders],
        accessControlAllowCredentials: credentialed,
        originOverride: true,
      },
      securityHeadersBehavior: {
        strictTransportSecurity: { accessControlMaxAge: hstsMaxAge, includeSubdomains: true, override: true },
        contentTypeOptions: { override: true },
      },
      ...(treatment.forcedCacheControl && {
        customHeadersBehavior: {
          customHeaders: [{ header: 'Cache-Control', value: treatment.forcedCacheControl, override: true }],
        },
      }),
    });
  }
}
