import type { ICluster } from 'aws-cdk-lib/aws-eks-v2';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
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
    }).allow(...readSecrets(secrets));
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

/** Written on this side only: a grant would write the reader into the key's policy, and tie the data to its readers. */
function readSecrets(secrets: readonly ISecret[]): PolicyStatement[] {
  const keys = new Set(secrets.flatMap(({ encryptionKey }) => (encryptionKey ? [encryptionKey.keyArn] : [])));
  return [
    new PolicyStatement({
      sid: 'ReadSecrets',
      actions: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
      // Six characters follow the name in the ARN of a secret that is known by name only.
      resources: secrets.map(({ secretArn, secretFullArn }) => secretFullArn ?? `${secretArn}-??????`),
    }),
    ...(keys.size === 0
      ? []
      : [new PolicyStatement({ sid: 'DecryptThem', actions: ['kms:Decrypt'], resources: [...keys] })]),
  ];
}
