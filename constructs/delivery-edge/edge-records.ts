import type { IDistribution } from 'aws-cdk-lib/aws-cloudfront';
import { AaaaRecord, ARecord, type IHostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { CloudFrontTarget } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';

export interface EdgeRecordsProps {
  readonly zone: IHostedZone;
  readonly domainName: string;
  readonly distribution: IDistribution;
}

/** Both address families of one public name. */
export class EdgeRecords extends Construct {
  constructor(scope: Construct, id: string, { zone, domainName, distribution }: EdgeRecordsProps) {
    super(scope, id);
    const record = {
      zone,
      recordName: `${domainName}.`,
      target: RecordTarget.fromAlias(new CloudFrontTarget(distribution)),
    };
    new ARecord(this, 'Ipv4', record);
    new AaaaRecord(this, 'Ipv6', record);
  }
}
