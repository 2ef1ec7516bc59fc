import { Duration } from 'aws-cdk-lib';
import type { ErrorResponse } from 'aws-cdk-lib/aws-cloudfront';

/** Every status CloudFront lets us set an error TTL for (Developer Guide, "Custom error responses"). */
const cachedErrorStatuses = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];

/**
 * One second instead of CloudFront's ten: hls.js gives up on a playlist after about three, so a cached 404 from just
 * before the first segment would end playback for every early viewer.
 */
export const shortErrorCaching: ErrorResponse[] = cachedErrorStatuses.map((httpStatus) => ({
  httpStatus,
  ttl: Duration.seconds(1),
}));
