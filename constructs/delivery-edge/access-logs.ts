import { Names, Stack } from 'aws-cdk-lib';
import type { IDistribution } from 'aws-cdk-lib/aws-cloudfront';
import { CfnDelivery, CfnDeliveryDestination, CfnDeliverySource } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

export interface AccessLogsProps {
  readonly distribution: IDistribution;
  readonly bucket: Bucket;
  /** Folder in the bucket. */
  readonly prefix: string;
}

/** Fields worth their bytes: enough to answer who got what, from where, how fast. Cookies are never logged. */
const recordFields = [
  'date',
  'time',
  'x-edge-location',
  'sc-bytes',
  'c-ip',
  'cs-method',
  'cs-uri-stem',
  'sc-status',
  'cs(User-Agent)',
  'x-edge-result-type',
  'x-edge-detailed-result-type',
  'x-edge-request-id',
  'x-host-header',
  'cs-protocol-version',
  'ssl-protocol',
  'time-taken',
  'time-to-first-byte',
];

/**
 * Standard logging v2: delivered by CloudWatch Logs into a bucket without ACLs, which the legacy kind cannot do.
 * The distribution lives in us-east-1's control plane, and so must these.
 */
export class AccessLogs extends Construct {
  constructor(scope: Construct, id: string, { distribution, bucket, prefix }: AccessLogsProps) {
    super(scope, id);
    const name = Names.uniqueResourceName(this, { maxLength: 60, separator: '-' });

    const source = new CfnDeliverySource(this, 'Source', {
      name,
      logType: 'ACCESS_LOGS',
      resourceArn: Stack.of(this).formatArn({
        service: 'cloudfront',
        region: '',
        resource: 'distribution',
        resourceName: distribution.distributionId,
      }),
    });
    const destination = new CfnDeliveryDestination(this, 'Destination', {
      name,
      destinationResourceArn: bucket.arnForObjects(prefix),
      outputFormat: 'parquet',
    });
    new CfnDelivery(this, 'Delivery', {
      deliverySourceName: source.name,
      deliveryDestinationArn: destination.attrArn,
      recordFields,
      s3SuffixPath: '{yyyy}/{MM}/{dd}/{HH}',
    }).addResourceDependency(source);
  }
}
