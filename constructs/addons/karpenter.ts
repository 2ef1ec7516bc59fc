import type { ICluster } from 'aws-cdk-lib/aws-eks-v2';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { PodIdentity } from '../identity/pod-identity';
import { HelmAddon } from './helm-addon';
import { karpenterPermissions } from './karpenter-permissions';
import { onSystemNodes } from './placement';

export interface KarpenterProps {
  readonly cluster: ICluster;
  /** Literal name: it is part of condition keys, where no reference can stand. */
  readonly clusterName: string;
  readonly namespace: string;
  readonly nodeRole: IRole;
  /** Where EC2's warnings arrive. */
  readonly interruptions: IQueue;
}

/** Starts nodes for pods that fit nowhere and removes those that are not needed. Its NodePools are a chart of ours. */
export class Karpenter extends Construct {
  constructor(scope: Construct, id: string, props: KarpenterProps) {
    super(scope, id);
    const { cluster, clusterName, namespace, nodeRole, interruptions } = props;
    const serviceAccount = 'karpenter';
    const identity = new PodIdentity(this, 'Identity', {
      cluster,
      namespace,
      serviceAccount,
      description: 'Karpenter: nodes of this cluster',
    }).allow(...karpenterPermissions({ clusterName, nodeRoleArn: nodeRole.roleArn, queueArn: interruptions.queueArn }));
    const release = new HelmAddon(this, 'Release', {
      cluster,
      chart: 'karpenter',
      namespace,
      values: {
        settings: { clusterName, interruptionQueue: interruptions.queueName },
        replicas: 2,
        podDisruptionBudget: { maxUnavailable: 1 },
        serviceAccount: { create: true, name: serviceAccount },
        controller: { resources: { requests: { cpu: '500m', memory: '1Gi' }, limits: { memory: '1Gi' } } },
        // It must be able to start the nodes that CoreDNS would run on.
        dnsPolicy: 'Default',
        ...onSystemNodes,
      },
    });
    release.node.addDependency(identity);
  }
}
