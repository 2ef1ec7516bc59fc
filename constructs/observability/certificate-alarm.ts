import { Duration } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { AlarmSpec } from './alarm';

/** ACM renews sixty days before the end; at thirty something keeps it from doing so. */
const daysLeft = 30;

export function certificateAlarm(certificateArn: string): AlarmSpec {
  return {
    name: 'certificate-expiry',
    meaning: `A certificate expires in under ${daysLeft} days: ACM could not renew it, its DNS proof is probably gone.`,
    metric: new Metric({
      namespace: 'AWS/CertificateManager',
      metricName: 'DaysToExpiry',
      dimensionsMap: { CertificateArn: certificateArn },
      statistic: Stats.MINIMUM,
      period: Duration.days(1),
    }),
    threshold: daysLeft,
    badWhen: 'below',
    datapoints: [1, 1],
  };
}
