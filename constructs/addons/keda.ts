import type { ICluster } from 'aws-cdk-lib/aws-eks-v2';
import { Construct } from 'constructs';
import { HelmAddon } from './helm-addon';
import { onSystemNodes, resources } from './placement';

export interface KedaProps {
  readonly cluster: ICluster;
  readonly namespace: string;
}

/** Scales packagers on the broadcasts they hold, which no CPU figure shows in time. */
export class Keda extends Construct {
  constructor(scope: Construct, id: string, { cluster, namespace }: KedaProps) {
    super(scope, id);
    new HelmAddon(this, 'Release', {
      cluster,
      chart: 'keda',
      namespace,
      values: {
        operator: { replicaCount: 2 },
        metricsServer: { replicaCount: 2 },
        webhooks: { replicaCount: 2 },
        podDisruptionBudget: {
          operator: { minAvailable: 1 },
          metricServer: { minAvailable: 1 },
          webhooks: { minAvailable: 1 },
        },
        resources: {
          operator: resources('100m', '512Mi'),
          metricServer: resources('50m', '256Mi'),
          webhooks: resources('50m', '128Mi'),
        },
        ...onSystemNodes,
      },
    });
  }
}
