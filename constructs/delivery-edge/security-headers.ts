import { Duration } from 'aws-cdk-lib';
import {
  HeadersFrameOption,
  HeadersReferrerPolicy,
  type ResponseSecurityHeadersBehavior,
} from 'aws-cdk-lib/aws-cloudfront';

/** Two years: what the HSTS preload list asks for (at least one) with room. */
export const hstsMaxAge = Duration.days(730);

/**
 * What the edge adds to every API and page answer. Content-Security-Policy is not here: the web service sends one with
 * the nonces of its own page. What the service sets itself stands.
 */
export const securityHeaders: ResponseSecurityHeadersBehavior = {
  strictTransportSecurity: { accessControlMaxAge: hstsMaxAge, includeSubdomains: true, override: true },
  contentTypeOptions: { override: true },
  frameOptions: { frameOption: HeadersFrameOption.DENY, override: false },
  referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.STRICT_ORIGIN_WHEN_CROSS_ORIGIN, override: false },
};
