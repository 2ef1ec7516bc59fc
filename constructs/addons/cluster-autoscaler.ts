import { Stack } from 'aws-cdk-lib';
import type { ICluster } from 'aws-cdk-lib/aws-eks-v2';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { PodIdentity } from '../identity/pod-identity';
import { HelmAddon } from './helm-addon';
import { onSystemNodes, resources } from './placement';

export interface ClusterAutoscalerProps {
  readonly cluster: ICluster;
  /** Literal name: it is part of a condition key, where no reference can stand. */
  readonly clusterName: string;
  readonly namespace: string;
}

/** Grows and shrinks the node groups between their bounds, where the tier is too small for Karpenter. */
export class ClusterAutoscaler extends Construct {
  constructor(scope: Construct, id: string, { cluster, clusterName, namespace }: ClusterAutoscalerProps) {
    super(scope, id);
    const serviceAccount = 'cluster-autoscaler';
    const identity = new PodIdentity(this, 'Identity', {
      cluster,
      namespace,
      serviceAccount,
      description: 'Cluster Autoscaler: size of the node groups',
    }).allow(
      new PolicyStatement({
        sid: 'Resize',
        actions: ['autoscaling:SetDesiredCapacity', 'autoscaling:TerminateInstanceInAutoScalingGroup'],
        resources: ['*'],
        conditions: { StringEquals: { [`aws:ResourceTag/k8s.io/cluster-autoscaler/${clusterName}`]: 'owned' } },
      }),
      new PolicyStatement({
        sid: 'Look',
        actions: [
          'autoscaling:DescribeAutoScalingGroups',
          'autoscaling:DescribeAutoScalingInstances',
          'autoscaling:DescribeLaunchConfigurations',
          'autoscaling:DescribeScalingActivities',
          'autoscaling:DescribeTags',
          'ec2:DescribeImages',
          'ec2:DescribeInstanceTypes',
          'ec2:DescribeLaunchTemplateVersions',
          'ec2:GetInstanceTypesFromInstanceRequirements',
          'eks:DescribeNodegroup',
        ],
        // All but the last know no resource; node groups are found by tag.
        resources: ['*'],
      }),
    );
    const release = new HelmAddon(this, 'Release', {
      cluster,
      chart: 'cluster-autoscaler',
      namespace,
      values: {
        awsRegion: Stack.of(this).region,
        autoDiscovery: { clusterName },
        fullnameOverride: serviceAccount,
        replicaCount: 2,
        podDisruptionBudget: { maxUnavailable: 1 },
        rbac: { serviceAccount: { create: true, name: serviceAccount } },
        extraArgs: {
          'balance-similar-node-groups': true,
          // Our pods keep nothing but /tmp on the node.
          'skip-nodes-with-local-storage': false,
          expander: 'least-waste',
        },
        resources: resources('100m', '512Mi'),
        ...onSystemNodes,
      },
    });
    release.node.addDependency(identity);
  }
}
