import type { ICluster } from 'aws-cdk-lib/aws-eks-v2';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { PodIdentity } from '../identity/pod-identity';
import { HelmAddon } from './helm-addon';
import { onSystemNodes, resources } from './placement';

export interface ExternalSecretsProps {
  readonly cluster: ICluster;
  readonly namespace: string;
  /** Every secret it may read; nothing else. */
  readonly secrets: readonly ISecret[];
}

/** Copies named secrets from Secrets Manager into the cluster, where pods mount them as files. */
export class ExternalSecrets extends Construct {
  constructor(scope: Construct, id: string, { cluster, namespace, secrets }: ExternalSecretsProps) {
    super(scope, id);
    const serviceAccount = 'external-secrets';
    const identity = new PodIdentity(this, 'Identity', {
      cluster,
      namespace,
      serviceAccount,
      description: 'External Secrets Operator: read the secrets of this region',
    });
    for (const secret of secrets) secret.grantRead(identity);
    const release = new HelmAddon(this, 'Release', {
      cluster,
      chart: 'external-secrets',
      namespace,
      values: {
        installCRDs: true,
        replicaCount: 2,
        leaderElect: true,
        podDisruptionBudget: { enabled: true, minAvailable: 1 },
        serviceAccount: { create: true, name: serviceAccount },
        resources: resources('50m', '256Mi'),
        webhook: {
          replicaCount: 2,
          podDisruptionBudget: { enabled: true, minAvailable: 1 },
          resources: resources('50m', '128Mi'),
          ...onSystemNodes,
        },
        certController: { replicaCount: 1, resources: resources('50m', '256Mi'), ...onSystemNodes },
        ...onSystemNodes,
      },
    });
    release.node.addDependency(identity);
  }
}
