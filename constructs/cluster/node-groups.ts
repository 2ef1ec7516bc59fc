import {
  type ISecurityGroup,
  type IVpc,
  MultipartBody,
  MultipartUserData,
  SubnetType,
  UserData,
} from 'aws-cdk-lib/aws-ec2';
import type { ICluster } from 'aws-cdk-lib/aws-eks-v2';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { mediaSecurityGroup } from './media-security-group';
import { type NodeArchitecture, NodeGroup } from './node-group';
import { nodeRole } from './node-role';

export interface GroupSize {
  readonly types: readonly string[];
  readonly min: number;
  readonly max: number;
}

export interface NodeGroupsProps {
  readonly cluster: ICluster;
  readonly vpc: IVpc;
  readonly architecture: NodeArchitecture;
  readonly system: GroupSize;
  readonly app: GroupSize;
  readonly media: GroupSize;
  readonly worker: GroupSize & {
    /** Workers that no Spot interruption can take. */
    readonly onDemandFloor: number;
  };
}

/**
 * Kernel buffers for UDP media, which the defaults drop under load (LiveKit documentation, "Deploying"). Only AL2023
 * lets a node set them before it joins.
 */
const udpTuning = [
  'cat > /etc/sysctl.d/90-webrtc.conf <<EOF',
  'net.core.rmem_max = 26214400',
  'net.core.wmem_max = 26214400',
  'net.core.netdev_max_backlog = 10000',
  'net.core.somaxconn = 4096',
  'EOF',
  'sysctl --system',
];

/** The managed nodes of a region, in four pools that pods choose by label. */
export class NodeGroups extends Construct {
  readonly role: IRole;
  readonly groups: readonly NodeGroup[];

  constructor(scope: Construct, id: string, props: NodeGroupsProps) {
    super(scope, id);
    const { cluster, vpc, architecture, system, app, media, worker } = props;
    this.role = nodeRole(this, 'Role');
    const shared = { cluster, role: this.role, architecture };
    const of = ({ types, min, max }: GroupSize) => ({ instanceTypes: types, minSize: min, maxSize: max });
    this.groups = [
      new NodeGroup(this, 'System', { ...shared, ...of(system), pool: 'system' }),
      new NodeGroup(this, 'App', { ...shared, ...of(app), pool: 'app' }),
      new NodeGroup(this, 'Media', {
        ...shared,
        ...of(media),
        pool: 'media',
        tainted: true,
        operatingSystem: 'al2023',
        // Media goes straight from the node to viewers: through NAT it would cost half as much again.
        subnets: { subnetType: SubnetType.PUBLIC },
        securityGroups: [cluster.clusterSecurityGroup, mediaSecurityGroup(this, 'MediaPorts', vpc) as ISecurityGroup],
        userData: tuningUserData(),
      }),
      new NodeGroup(this, 'Worker', { ...shared, ...of(worker), pool: 'worker', tainted: true, spot: true }),
      new NodeGroup(this, 'WorkerFloor', {
        ...shared,
        pool: 'worker',
        tainted: true,
        instanceTypes: worker.types.slice(0, 1),
        minSize: worker.onDemandFloor,
        maxSize: worker.onDemandFloor,
      }),
    ];
  }
}

/** Managed node groups take user data as parts, which they join with their own. */
function tuningUserData(): UserData {
  const shell = UserData.forLinux();
  shell.addCommands(...udpTuning);
  const parts = new MultipartUserData();
  parts.addPart(MultipartBody.fromUserData(shell));
  return parts;
}
