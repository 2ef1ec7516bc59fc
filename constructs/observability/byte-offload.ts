import type { IDistribution } from 'aws-cdk-lib/aws-cloudfront';
import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { fiveMinutes } from './alarm';
import { distributionMetric } from './edge-alarms';

export interface HlsBucket {
  readonly region: string;
  readonly bucketName: string;
}

/** Id of the request metrics filter that the HLS buckets publish for all their objects. */
export const wholeBucketMetrics = 'EntireBucket';

/** Share of the delivered bytes that no bucket had to send, in per cent. The buckets are in several regions. */
export function byteOffload(media: IDistribution, buckets: readonly HlsBucket[]): MathExpression {
  const origins = buckets.map(
    ({ region, bucketName }) =>
      new Metric({
        namespace: 'AWS/S3',
        metricName: 'BytesDownloaded',
        dimensionsMap: { BucketName: bucketName, FilterId: wholeBucketMetrics },
        statistic: Stats.SUM,
        period: fiveMinutes,
        region,
      }),
  );
  const names = origins.map((_, index) => `origin${index}`);
  return new MathExpression({
    expression: `100 * (1 - SUM([${names.map((name) => `FILL(${name}, 0)`).join(', ')}]) / delivered)`,
    usingMetrics: {
      delivered: distributionMetric(media, 'BytesDownloaded', Stats.SUM),
      ...Object.fromEntries(origins.map((metric, index) => [`origin${index}`, metric])),
    },
    period: fiveMinutes,
    label: 'byte offload %',
  });
}
