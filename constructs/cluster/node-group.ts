import { Tags } from 'aws-cdk-lib';
import {
  BlockDeviceVolume,
  EbsDeviceVolumeType,
  InstanceType,
  type ISecurityGroup,
  LaunchTemplate,
  LaunchTemplateHttpTokens,
  type SubnetSelection,
  SubnetType,
  type UserData,
} from 'aws-cdk-lib/aws-ec2';
import { CapacityType, type ICluster, Nodegroup, NodegroupAmiType, TaintEffect } from 'aws-cdk-lib/aws-eks-v2';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

export type NodeArchitecture = 'arm64' | 'x86_64';

export interface NodeGroupProps {
  readonly cluster: ICluster;
  readonly role: IRole;
  /** Value of the label and taint that pods select by. */
  readonly pool: string;
  readonly architecture: NodeArchitecture;
  readonly instanceTypes: readonly string[];
  readonly minSize: number;
  readonly maxSize: number;
  /** Spot nodes may vanish with two minutes' notice. @default false */
  readonly spot?: boolean;
  /** Whether only pods that tolerate the pool land here. @default false */
  readonly tainted?: boolean;
  /** Operating system. @default 'bottlerocket' */
  readonly operatingSystem?: 'bottlerocket' | 'al2023';
  /** @default - private subnets */
  readonly subnets?: SubnetSelection;
  /** Replaces the cluster's own group on these nodes. @default - the cluster's security group */
  readonly securityGroups?: readonly ISecurityGroup[];
  /** Runs before the node joins; AL2023 only. @default - none */
  readonly userData?: UserData;
}

/** Label key that says whether a node may be reclaimed; the charts select by it. */
export const capacityLabel = 'capacity';
/** Label and taint key of a pool. */
export const poolLabel = 'workload';

const amiTypes = {
  bottlerocket: { arm64: NodegroupAmiType.BOTTLEROCKET_ARM_64, x86_64: NodegroupAmiType.BOTTLEROCKET_X86_64 },
  al2023: { arm64: NodegroupAmiType.AL2023_ARM_64_STANDARD, x86_64: NodegroupAmiType.AL2023_X86_64_STANDARD },
} as const;

/** Bottlerocket keeps images and container storage on a second volume. */
const dataDevice = { bottlerocket: '/dev/xvdb', al2023: '/dev/xvda' } as const;

/** A managed node group with encrypted disks, IMDSv2 and an image that is still supported. */
export class NodeGroup extends Construct {
  readonly nodegroup: Nodegroup;

  constructor(scope: Construct, id: string, props: NodeGroupProps) {
    super(scope, id);
    const operatingSystem = props.operatingSystem ?? 'bottlerocket';
    const launchTemplate = new LaunchTemplate(this, 'LaunchTemplate', {
      httpTokens: LaunchTemplateHttpTokens.REQUIRED,
      // One hop: a pod with an address of its own does not reach the node's credentials.
      httpPutResponseHopLimit: 1,
      blockDevices: [
        {
          deviceName: dataDevice[operatingSystem],
          volume: BlockDeviceVolume.ebs(60, { encrypted: true, volumeType: EbsDeviceVolumeType.GP3 }),
        },
      ],
      ...(props.userData && { userData: props.userData }),
      ...(props.securityGroups?.[0] && { securityGroup: props.securityGroups[0] }),
    });
    for (const group of props.securityGroups?.slice(1) ?? []) launchTemplate.connections.addSecurityGroup(group);
    Tags.of(launchTemplate).add('Name', `${props.pool} node`);

    this.nodegroup = new Nodegroup(this, 'Nodes', {
      cluster: props.cluster,
      nodeRole: props.role,
      amiType: amiTypes[operatingSystem][props.architecture],
      instanceTypes: props.instanceTypes.map((type) => new InstanceType(type)),
      capacityType: props.spot ? CapacityType.SPOT : CapacityType.ON_DEMAND,
      minSize: props.minSize,
      desiredSize: props.minSize,
      maxSize: props.maxSize,
      subnets: props.subnets ?? { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      labels: { [poolLabel]: props.pool, [capacityLabel]: props.spot ? 'spot' : 'on-demand' },
      ...(props.tainted && { taints: [{ key: poolLabel, value: props.pool, effect: TaintEffect.NO_SCHEDULE }] }),
      launchTemplateSpec: {
        id: launchTemplate.launchTemplateId as string,
        version: launchTemplate.latestVersionNumber,
      },
      // CDK would force: a node that cannot drain keeps its rooms and broadcasts instead of losing them.
      forceUpdate: false,
      enableNodeAutoRepair: true,
    });
  }
}
