import { Duration } from 'aws-cdk-lib';
import { HelmChart, type ICluster } from 'aws-cdk-lib/aws-eks-v2';
import { Construct } from 'constructs';
import { type ChartName, charts } from './charts';

export interface HelmAddonProps {
  readonly cluster: ICluster;
  readonly chart: ChartName;
  /** @default - the chart's name */
  readonly release?: string;
  readonly namespace: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** A vendor's chart at its pinned version. The deployment waits until its pods are ready: custom resources need them. */
export class HelmAddon extends Construct {
  constructor(scope: Construct, id: string, { cluster, chart, release, namespace, values }: HelmAddonProps) {
    super(scope, id);
    new HelmChart(this, 'Chart', {
      cluster,
      ...charts[chart],
      release: release ?? chart,
      namespace,
      createNamespace: false,
      values: { ...values },
      wait: true,
      // The handler's own limit is 15 minutes; past it CloudFormation would see a timeout and not Helm's reason.
      timeout: Duration.minutes(10),
    });
  }
}
