import { Stack } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { ICluster } from 'aws-cdk-lib/aws-eks-v2';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { PodIdentity } from '../identity/pod-identity';
import { HelmAddon } from './helm-addon';
import { onSystemNodes, resources } from './placement';

export interface LoadBalancerControllerProps {
  readonly cluster: ICluster;
  readonly vpc: IVpc;
  readonly namespace: string;
  /** The only target groups it may change. */
  readonly targetGroupArns: readonly string[];
}

/**
 * Registers pods in target groups (TargetGroupBinding) and does nothing else: load balancers are made by CDK, so it
 * gets no right to create one, and no say over Ingresses or Services.
 */
export class LoadBalancerController extends Construct {
  constructor(scope: Construct, id: string, { cluster, vpc, namespace, targetGroupArns }: LoadBalancerControllerProps) {
    super(scope, id);
    const serviceAccount = 'aws-load-balancer-controller';
    const identity = new PodIdentity(this, 'Identity', {
      cluster,
      namespace,
      serviceAccount,
      description: 'AWS Load Balancer Controller: register pods in target groups',
    }).allow(
      new PolicyStatement({
        sid: 'RegisterPods',
        actions: ['elasticloadbalancing:RegisterTargets', 'elasticloadbalancing:DeregisterTargets'],
        resources: [...targetGroupArns],
      }),
      new PolicyStatement({
        sid: 'Describe',
        actions: [
          'ec2:DescribeAvailabilityZones',
          'ec2:DescribeInstances',
          'ec2:DescribeNetworkInterfaces',
          'ec2:DescribeSecurityGroups',
          'ec2:DescribeSubnets',
          'ec2:DescribeVpcs',
          'elasticloadbalancing:DescribeTargetGroupAttributes',
          'elasticloadbalancing:DescribeTargetGroups',
          'elasticloadbalancing:DescribeTargetHealth',
        ],
        // These actions know no resource.
        resources: ['*'],
      }),
    );
    const release = new HelmAddon(this, 'Release', {
      cluster,
      chart: 'aws-load-balancer-controller',
      namespace,
      values: {
        clusterName: cluster.clusterName,
        region: Stack.of(this).region,
        vpcId: vpc.vpcId,
        serviceAccount: { create: true, name: serviceAccount },
        replicaCount: 2,
        podDisruptionBudget: { maxUnavailable: 1 },
        resources: resources('100m', '256Mi'),
        createIngressClassResource: false,
        // It would otherwise stand in the way of every Service that is created.
        enableServiceMutatorWebhook: false,
        enableShield: false,
        enableWaf: false,
        enableWafv2: false,
        ...onSystemNodes,
      },
    });
    release.node.addDependency(identity);
  }
}
