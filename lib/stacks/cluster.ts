import { CfnOutput } from 'aws-cdk-lib';
import { type ISecurityGroup, Port, type SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { ICluster } from 'aws-cdk-lib/aws-eks-v2';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { ClusterAddons } from '../../constructs/cluster/cluster-addons';
import { KarpenterQueue } from '../../constructs/cluster/karpenter-queue';
import { NodeGroups } from '../../constructs/cluster/node-groups';
import { PlatformCluster } from '../../constructs/cluster/platform-cluster';
import { ingressControllers } from '../../k8s/names';
import { rtmpPort } from '../../k8s/platform-flows';
import { publicPorts } from '../../runtime/shared/public-ports';
import { forArchitecture } from '../config/instance-types';
import { systemName } from '../config/names';
import type { NetworkStack } from './network';
import { PlatformStack, type RegionalProps } from './platform-stack';

export interface ClusterStackProps extends RegionalProps {
  readonly network: NetworkStack;
}

/** Control plane, nodes and add-ons. */
export class ClusterStack extends PlatformStack {
  readonly cluster: ICluster;
  /** The name as literal text, for places that take no reference. */
  readonly clusterName: string;
  readonly nodeRole: IRole;
  /** Where EC2's warnings arrive; with Karpenter only. */
  readonly interruptions?: KarpenterQueue;

  constructor(scope: Construct, props: ClusterStackProps) {
    super(scope, 'cluster', props, { description: 'Headend: Kubernetes' });
    const { tier, architecture, protection } = this.config;
    const { vpc } = props.network;
    this.clusterName = systemName(this.config);
    this.cluster = new PlatformCluster(this, 'Platform', {
      vpc,
      clusterName: this.clusterName,
      adminRoleArns: this.config.adminRoleArns,
      endpointCidrs: this.config.endpointCidrs,
      logRetention: this.logRetention,
      deletionProtection: protection.deletionProtection,
    }).cluster;
    const addons = new ClusterAddons(this, 'Addons', { cluster: this.cluster });
    const sized = <G extends { readonly types: readonly string[] }>(group: G) => ({
      ...group,
      types: forArchitecture(group.types, architecture),
    });
    const nodes = new NodeGroups(this, 'Nodes', {
      cluster: this.cluster,
      vpc,
      architecture,
      system: sized(tier.systemNodes),
      app: sized(tier.appNodes),
      media: sized(tier.mediaNodes),
      worker: sized(tier.workerNodes),
    });
    addons.placeAround(nodes.groups);
    this.nodeRole = nodes.role;
    if (tier.karpenter.enabled) this.interruptions = new KarpenterQueue(this, 'Karpenter');
    this.admitLoadBalancers(props.network);
    new CfnOutput(this, 'Kubeconfig', {
      description: 'Makes kubectl talk to this cluster, for the roles given by adminRoleArns',
      value: `aws eks update-kubeconfig --name ${this.clusterName} --region ${props.region}`,
    });
  }

  /** Load balancers send to pods, which stand behind the cluster's security group, wherever they run. */
  private admitLoadBalancers({ publicLoadBalancer, internalLoadBalancers }: NetworkStack): void {
    const { web, chat } = ingressControllers;
    const { httpsPort } = this.config.tier.ingress.separateChatController ? chat : web;
    this.admit(publicLoadBalancer.securityGroup, [httpsPort, rtmpPort, publicPorts.turns]);
    if (internalLoadBalancers) this.admit(internalLoadBalancers.web.securityGroup, [web.httpsPort]);
    if (internalLoadBalancers?.chat) this.admit(internalLoadBalancers.chat.securityGroup, [chat.httpsPort]);
  }

  private admit(from: SecurityGroup, ports: readonly number[]): void {
    for (const port of ports) {
      this.cluster.clusterSecurityGroup.addIngressRule(from as ISecurityGroup, Port.tcp(port), 'Load balancer');
    }
  }
}
