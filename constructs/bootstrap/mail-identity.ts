import { PublicHostedZone } from 'aws-cdk-lib/aws-route53';
import { EmailIdentity, Identity } from 'aws-cdk-lib/aws-ses';
import { Construct } from 'constructs';

export interface MailIdentityProps {
  readonly domain: string;
  readonly hostedZoneId: string;
}

/** Lets Amazon SES send in the domain's name, signed by DKIM. */
export class MailIdentity extends Construct {
  constructor(scope: Construct, id: string, { domain, hostedZoneId }: MailIdentityProps) {
    super(scope, id);
    const zone = PublicHostedZone.fromPublicHostedZoneAttributes(this, 'Zone', { hostedZoneId, zoneName: domain });
    new EmailIdentity(this, 'Identity', {
      identity: Identity.publicHostedZone(zone),
      mailFromDomain: `mail.${domain}`,
    });
  }
}
