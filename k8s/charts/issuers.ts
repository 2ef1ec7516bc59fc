import type { Construct } from 'constructs';
import type { CellInputs } from '../inputs';
import { ClusterIssuer } from '../resources/cert-manager';
import { PlatformChart } from './platform-chart';

export const issuerName = 'letsencrypt';

/**
 * Let's Encrypt by DNS-01: an HTTP challenge would end at the CDN, and with several regions behind one name at the wrong
 * cluster. cert-manager's own role may write to this zone only.
 */
export class IssuersChart extends PlatformChart {
  constructor(scope: Construct, { region, certificates }: CellInputs) {
    super(scope, 'issuers', 'resources');
    new ClusterIssuer(this, 'issuer', {
      metadata: { name: issuerName },
      spec: {
        acme: {
          // In development too: CloudFront refuses an origin whose certificate is not publicly trusted.
          server: 'https://acme-v02.api.letsencrypt.org/directory',
          ...(certificates.email !== undefined && { email: certificates.email }),
          privateKeySecretRef: { name: 'letsencrypt-account' },
          solvers: [{ dns01: { route53: { region, hostedZoneID: certificates.hostedZoneId } } }],
        },
      },
    });
  }
}
