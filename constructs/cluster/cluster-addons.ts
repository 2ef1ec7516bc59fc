import { CfnAddon, type ICluster } from 'aws-cdk-lib/aws-eks-v2';
import { type IRole, ManagedPolicy, Role } from 'aws-cdk-lib/aws-iam';
import type { IDependable } from 'constructs';
import { Construct } from 'constructs';
import { podIdentityPrincipal } from '../identity/pod-identity-principal';
import { metricsAgentConfiguration } from '../observability/metrics-agent';
import { type AddonName, addonVersions } from './versions';

export interface ClusterAddonsProps {
  readonly cluster: ICluster;
}

interface AddonOptions {
  readonly configuration?: object;
  /** AWS rights of one of its service accounts. */
  readonly identity?: { readonly serviceAccount: string; readonly managedPolicy: string };
}

/**
 * The pinned add-ons that AWS manages. Those a node needs to become ready are made before the nodes; the rest need
 * nodes to run on, so they wait for them.
 */
export class ClusterAddons extends Construct {
  private readonly nodeAgents: CfnAddon[];
  private readonly workloads: CfnAddon[];

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ClusterAddonsProps,
  ) {
    super(scope, id);
    this.nodeAgents = [
      this.addon('vpc-cni', {
        // Without it NetworkPolicies are accepted and ignored.
        configuration: { enableNetworkPolicy: 'true', env: { ENABLE_PREFIX_DELEGATION: 'true' } },
        identity: { serviceAccount: 'aws-node', managedPolicy: 'AmazonEKS_CNI_Policy' },
      }),
      this.addon('kube-proxy'),
      this.addon('eks-pod-identity-agent'),
    ];
    this.workloads = [
      this.addon('coredns', { configuration: { autoScaling: { enabled: true } } }),
      this.addon('aws-ebs-csi-driver', {
        identity: {
          serviceAccount: 'ebs-csi-controller-sa',
          managedPolicy: 'service-role/AmazonEBSCSIDriverPolicy',
        },
      }),
      this.addon('metrics-server'),
      this.addon('eks-node-monitoring-agent'),
      this.addon('amazon-cloudwatch-observability', {
        configuration: metricsAgentConfiguration(),
        identity: { serviceAccount: 'cloudwatch-agent', managedPolicy: 'CloudWatchAgentServerPolicy' },
      }),
    ];
  }

  /** Orders the add-ons around the nodes. */
  placeAround(nodes: readonly Construct[]): void {
    for (const nodeGroup of nodes) nodeGroup.node.addDependency(...this.nodeAgents);
    for (const workload of this.workloads) workload.node.addDependency(...(nodes as readonly IDependable[]));
  }

  private addon(name: AddonName, { configuration, identity }: AddonOptions = {}): CfnAddon {
    return new CfnAddon(this, name, {
      clusterName: this.props.cluster.clusterName,
      addonName: name,
      addonVersion: addonVersions[name],
      // A field someone changed by hand goes back to what is written here.
      resolveConflicts: 'OVERWRITE',
      ...(configuration && { configurationValues: JSON.stringify(configuration) }),
      ...(identity && {
        podIdentityAssociations: [
          {
            serviceAccount: identity.serviceAccount,
            roleArn: this.role(name, identity.managedPolicy).roleArn,
          },
        ],
      }),
    });
  }

  private role(name: AddonName, managedPolicy: string): IRole {
    return new Role(this, `${name}Role`, {
      description: `Add-on ${name}`,
      assumedBy: podIdentityPrincipal(),
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName(managedPolicy)],
    });
  }
}
