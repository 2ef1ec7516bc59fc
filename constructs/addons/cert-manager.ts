import { Aws } from 'aws-cdk-lib';
import type { ICluster } from 'aws-cdk-lib/aws-eks-v2';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { PodIdentity } from '../identity/pod-identity';
import { HelmAddon } from './helm-addon';
import { onSystemNodes, resources } from './placement';

export interface CertManagerProps {
  readonly cluster: ICluster;
  readonly namespace: string;
  /** The only zone it may prove ownership in. */
  readonly hostedZoneId: string;
}

/** Gets the Ingress its certificates, by DNS proof: an HTTP proof cannot pass the CDN. */
export class CertManager extends Construct {
  constructor(scope: Construct, id: string, { cluster, namespace, hostedZoneId }: CertManagerProps) {
    super(scope, id);
    const serviceAccount = 'cert-manager';
    const identity = new PodIdentity(this, 'Identity', {
      cluster,
      namespace,
      serviceAccount,
      description: 'cert-manager: DNS proofs in the hosted zone',
    }).allow(
      new PolicyStatement({
        sid: 'WriteProofs',
        actions: ['route53:ChangeResourceRecordSets', 'route53:ListResourceRecordSets'],
        resources: [`arn:${Aws.PARTITION}:route53:::hostedzone/${hostedZoneId}`],
        conditions: { 'ForAllValues:StringEquals': { 'route53:ChangeResourceRecordSetsRecordTypes': ['TXT'] } },
      }),
      new PolicyStatement({
        sid: 'SeeThatTheyAreServed',
        actions: ['route53:GetChange'],
        resources: [`arn:${Aws.PARTITION}:route53:::change/*`],
      }),
    );
    const release = new HelmAddon(this, 'Release', {
      cluster,
      chart: 'cert-manager',
      namespace,
      values: {
        crds: { enabled: true, keep: true },
        replicaCount: 2,
        podDisruptionBudget: { enabled: true, maxUnavailable: 1 },
        serviceAccount: { create: true, name: serviceAccount },
        resources: resources('50m', '256Mi'),
        webhook: { replicaCount: 2, resources: resources('50m', '128Mi'), ...onSystemNodes },
        cainjector: { replicaCount: 2, resources: resources('50m', '256Mi'), ...onSystemNodes },
        startupapicheck: { ...onSystemNodes },
        ...onSystemNodes,
      },
    });
    release.node.addDependency(identity);
  }
}
