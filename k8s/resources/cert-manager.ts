import { defineCustomResource } from './custom-resource';

/** cert-manager, `cert-manager.io/v1`. */

export interface ClusterIssuerSpec {
  readonly acme: {
    readonly server: string;
    readonly email?: string;
    readonly privateKeySecretRef: { readonly name: string };
    readonly solvers: readonly {
      readonly dns01: { readonly route53: { readonly region: string; readonly hostedZoneID: string } };
    }[];
  };
}

export class ClusterIssuer extends defineCustomResource<ClusterIssuerSpec>('cert-manager.io/v1', 'ClusterIssuer') {}

export interface CertificateSpec {
  readonly secretName: string;
  readonly dnsNames: readonly string[];
  readonly issuerRef: { readonly kind: 'ClusterIssuer'; readonly name: string };
  readonly privateKey: {
    readonly algorithm: 'ECDSA';
    readonly size: 256;
    readonly rotationPolicy: 'Always';
  };
}

export class Certificate extends defineCustomResource<CertificateSpec>('cert-manager.io/v1', 'Certificate') {}
