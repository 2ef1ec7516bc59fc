import { Certificate, CertificateValidation, KeyAlgorithm } from 'aws-cdk-lib/aws-certificatemanager';
import type { IHostedZone } from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';

export interface EdgeCertificateProps {
  readonly zone: IHostedZone;
  readonly domainName: string;
  readonly alternativeNames: readonly string[];
}

/** The viewer certificate of the distributions: proven by DNS, renewed by ACM as long as the proof stands. */
export class EdgeCertificate extends Construct {
  readonly certificate: Certificate;

  constructor(scope: Construct, id: string, { zone, domainName, alternativeNames }: EdgeCertificateProps) {
    super(scope, id);
    this.certificate = new Certificate(this, 'Certificate', {
      domainName,
      ...(alternativeNames.length > 0 && { subjectAlternativeNames: [...alternativeNames] }),
      validation: CertificateValidation.fromDns(zone),
      keyAlgorithm: KeyAlgorithm.EC_PRIME256V1,
    });
  }
}
