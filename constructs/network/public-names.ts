import { Certificate, CertificateValidation, type ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { INetworkLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { ARecord, type IHostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { LoadBalancerTarget } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';

export interface PublicNamesProps {
  readonly zone: IHostedZone;
  /** A wildcard that covers all the names. */
  readonly certificateName: string;
  /** Full host names by construct id. */
  readonly names: Readonly<Record<string, string>>;
}

/** The public names of a region and the certificate the load balancer shows for them. */
export class PublicNames extends Construct {
  readonly certificate: ICertificate;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: PublicNamesProps,
  ) {
    super(scope, id);
    this.certificate = new Certificate(this, 'Certificate', {
      domainName: props.certificateName,
      validation: CertificateValidation.fromDns(props.zone),
    });
  }

  pointTo(loadBalancer: INetworkLoadBalancer): void {
    const { zone, names } = this.props;
    for (const [id, recordName] of Object.entries(names)) {
      const target = RecordTarget.fromAlias(new LoadBalancerTarget(loadBalancer));
      new ARecord(this, id, { zone, recordName, target });
    }
  }
}
