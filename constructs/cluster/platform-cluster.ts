import { KubectlV36Layer } from '@aws-cdk/lambda-layer-kubectl-v36';
import { RemovalPolicy, Size } from 'aws-cdk-lib';
import { type IVpc, SubnetType } from 'aws-cdk-lib/aws-ec2';
import {
  AccessEntry,
  AccessPolicy,
  AccessScopeType,
  type CfnCluster,
  Cluster,
  ClusterLoggingTypes,
  DefaultCapacityType,
  EndpointAccess,
  type ICluster,
} from 'aws-cdk-lib/aws-eks-v2';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { kubernetes } from './versions';

export interface PlatformClusterProps {
  readonly vpc: IVpc;
  /** Fixed, so that its log group can be made, with a retention, before it. */
  readonly clusterName: string;
  /** Roles that administer the cluster. */
  readonly adminRoleArns: readonly string[];
  /** Addresses that reach the Kubernetes API over the internet; empty makes it private. */
  readonly endpointCidrs: readonly string[];
  readonly logRetention: RetentionDays;
  /** Whether the cluster refuses to be deleted. */
  readonly deletionProtection: boolean;
}

/** Services get their addresses here; no VPC of ours may overlap it. */
export const serviceCidr = '172.20.0.0/16';

/** The control plane of a region: no nodes, no add-ons. */
export class PlatformCluster extends Construct {
  readonly cluster: ICluster;
  readonly encryptionKey: IKey;

  constructor(scope: Construct, id: string, props: PlatformClusterProps) {
    super(scope, id);
    const { clusterName, vpc, endpointCidrs } = props;
    const logGroup = new LogGroup(this, 'ControlPlaneLogs', {
      logGroupName: `/aws/eks/${clusterName}/cluster`,
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.encryptionKey = new Key(this, 'SecretsKey', {
      description: `Kubernetes secrets of ${clusterName}`,
      enableKeyRotation: true,
      removalPolicy: props.deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    // The cast: CDK's classes are not written for `exactOptionalPropertyTypes`.
    this.cluster = new Cluster(this, 'Cluster', {
      clusterName,
      version: kubernetes.version,
      vpc,
      vpcSubnets: [{ subnetType: SubnetType.PRIVATE_WITH_EGRESS }],
      defaultCapacityType: DefaultCapacityType.NODEGROUP,
      defaultCapacity: 0,
      serviceIpv4Cidr: serviceCidr,
      secretsEncryptionKey: this.encryptionKey,
      endpointAccess:
        endpointCidrs.length === 0
          ? EndpointAccess.PRIVATE
          : EndpointAccess.PUBLIC_AND_PRIVATE.onlyFrom(...endpointCidrs),
      clusterLogging: [
        ClusterLoggingTypes.API,
        ClusterLoggingTypes.AUDIT,
        ClusterLoggingTypes.AUTHENTICATOR,
        ClusterLoggingTypes.CONTROLLER_MANAGER,
        ClusterLoggingTypes.SCHEDULER,
      ],
      // Who deploys gets nothing by the way: access is by access entries only.
      bootstrapClusterCreatorAdminPermissions: false,
      // CNI, kube-proxy and CoreDNS come as pinned add-ons instead.
      bootstrapSelfManagedAddons: false,
      outputConfigCommand: false,
      kubectlProviderOptions: {
        kubectlLayer: new KubectlV36Layer(this, 'Kubectl'),
        // Helm holds a whole chart and its rendered manifests in memory.
        memory: Size.gibibytes(2),
      },
    }) as ICluster;
    this.cluster.node.addDependency(logGroup);
    this.setWhatTheConstructLacks(props.deletionProtection);
    for (const [index, principal] of props.adminRoleArns.entries()) {
      new AccessEntry(this, `Admin${index}`, {
        cluster: this.cluster,
        principal,
        accessPolicies: [
          AccessPolicy.fromAccessPolicyName('AmazonEKSClusterAdminPolicy', {
            accessScopeType: AccessScopeType.CLUSTER,
          }),
        ],
      });
    }
  }

  private setWhatTheConstructLacks(deletionProtection: boolean): void {
    const resource = this.cluster.node.findChild('Resource') as CfnCluster;
    resource.deletionProtection = deletionProtection;
    // All API data is encrypted; naming resources is deprecated.
    resource.addPropertyDeletionOverride('EncryptionConfig.0.Resources');
    // Extended support costs six times as much; an upgrade that is forced is better than one that is forgotten.
    resource.upgradePolicy = { supportType: 'STANDARD' };
  }
}
