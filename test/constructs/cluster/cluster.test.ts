import { Match } from 'aws-cdk-lib/assertions';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { ClusterAddons } from '../../../constructs/cluster/cluster-addons';
import { NodeGroups } from '../../../constructs/cluster/node-groups';
import { PlatformCluster } from '../../../constructs/cluster/platform-cluster';
import { addonVersions, kubernetes } from '../../../constructs/cluster/versions';
import { metricsAgentConfiguration } from '../../../constructs/observability/metrics-agent';
import { RegionFixture } from '../support';

const workerTypes = ['c7g.2xlarge', 'c6g.2xlarge', 'c7gd.2xlarge', 'c6gd.2xlarge', 'c6gn.2xlarge', 'c7gn.2xlarge'];

function cluster(
  options: { readonly endpointCidrs?: readonly string[]; readonly adminRoleArns?: readonly string[] } = {},
) {
  const stack = new RegionFixture();
  const { cluster } = new PlatformCluster(stack, 'Platform', {
    vpc: stack.vpc,
    clusterName: 'headend-prod',
    adminRoleArns: options.adminRoleArns ?? [],
    endpointCidrs: options.endpointCidrs ?? [],
    logRetention: RetentionDays.ONE_MONTH,
    deletionProtection: true,
  });
  const addons = new ClusterAddons(stack, 'Addons', { cluster });
  const size = { types: ['m7g.large'], min: 3, max: 6 };
  const nodes = new NodeGroups(stack, 'Nodes', {
    cluster,
    vpc: stack.vpc,
    architecture: 'arm64',
    system: size,
    app: size,
    media: { types: ['c7g.4xlarge'], min: 1, max: 3 },
    worker: { types: workerTypes, min: 1, max: 18, onDemandFloor: 1 },
  });
  addons.placeAround(nodes.groups);
  return stack.template;
}

const template = cluster();

const nodeGroup = (pool: string, capacity: 'spot' | 'on-demand') => {
  const [group] = Object.values(
    template.findResources('AWS::EKS::Nodegroup', { Properties: { Labels: { workload: pool, capacity } } }),
  );
  if (!group) throw new Error(`no node group ${pool}, ${capacity}`);
  return group;
};

describe('the control plane', () => {
  it('runs a release that has more than 90 days of standard support left', () => {
    const daysLeft = (kubernetes.standardSupportEnds.getTime() - Date.now()) / 86_400_000;
    expect(daysLeft).toBeGreaterThan(90);
    template.hasResourceProperties('AWS::EKS::Cluster', {
      Version: kubernetes.version.version,
      UpgradePolicy: { SupportType: 'STANDARD' },
      DeletionProtection: true,
    });
  });

  it('is reached from the VPC only, unless addresses are given', () => {
    template.hasResourceProperties('AWS::EKS::Cluster', {
      ResourcesVpcConfig: Match.objectLike({ EndpointPrivateAccess: true, EndpointPublicAccess: false }),
    });
    cluster({ endpointCidrs: ['203.0.113.0/24'] }).hasResourceProperties('AWS::EKS::Cluster', {
      ResourcesVpcConfig: Match.objectLike({ EndpointPublicAccess: true, PublicAccessCidrs: ['203.0.113.0/24'] }),
    });
  });

  it('knows access entries only, and gives its creator nothing', () => {
    template.hasResourceProperties('AWS::EKS::Cluster', {
      AccessConfig: { AuthenticationMode: 'API', BootstrapClusterCreatorAdminPermissions: false },
      BootstrapSelfManagedAddons: false,
    });
    cluster({ adminRoleArns: ['arn:aws:iam::123456789012:role/Admin'] }).hasResourceProperties(
      'AWS::EKS::AccessEntry',
      {
        PrincipalArn: 'arn:aws:iam::123456789012:role/Admin',
      },
    );
  });

  it('encrypts with a key of its own and logs everything, for as long as it is told', () => {
    template.hasResourceProperties('AWS::EKS::Cluster', {
      EncryptionConfig: [{ Provider: { KeyArn: Match.anyValue() } }],
      Logging: {
        ClusterLogging: {
          EnabledTypes: ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'].map((Type) => ({ Type })),
        },
      },
    });
    template.hasResourceProperties('AWS::Logs::LogGroup', {
      LogGroupName: '/aws/eks/headend-prod/cluster',
      RetentionInDays: 30,
    });
  });
});

describe('add-ons', () => {
  it('are pinned, and put back what was changed by hand', () => {
    for (const [AddonName, AddonVersion] of Object.entries(addonVersions)) {
      expect(AddonVersion).toMatch(/^v\d+\.\d+\.\d+-eksbuild\.\d+$/);
      template.hasResourceProperties('AWS::EKS::Addon', { AddonName, AddonVersion, ResolveConflicts: 'OVERWRITE' });
    }
    template.resourceCountIs('AWS::EKS::Addon', Object.keys(addonVersions).length);
  });

  it('enforce NetworkPolicies', () => {
    template.hasResourceProperties('AWS::EKS::Addon', {
      AddonName: 'vpc-cni',
      ConfigurationValues: Match.serializedJson(Match.objectLike({ enableNetworkPolicy: 'true' })),
    });
  });

  it('forward what the alarms of the platform watch', () => {
    template.hasResourceProperties('AWS::EKS::Addon', {
      AddonName: 'amazon-cloudwatch-observability',
      ConfigurationValues: JSON.stringify(metricsAgentConfiguration()),
    });
  });

  it('that make a node ready come before the nodes, the others after', () => {
    const logicalId = (name: string) => {
      const [id] = Object.keys(template.findResources('AWS::EKS::Addon', { Properties: { AddonName: name } }));
      return id ?? '';
    };
    const groups = template.findResources('AWS::EKS::Nodegroup');
    for (const group of Object.values(groups)) {
      expect(group.DependsOn).toEqual(expect.arrayContaining(['vpc-cni', 'kube-proxy'].map(logicalId)));
    }
    const coredns = template.findResources('AWS::EKS::Addon', { Properties: { AddonName: 'coredns' } });
    expect(Object.values(coredns)[0]?.DependsOn).toEqual(expect.arrayContaining(Object.keys(groups)));
  });
});

describe('node groups', () => {
  it('never force a drain, run a supported image, and repair themselves', () => {
    const groups = Object.values(template.findResources('AWS::EKS::Nodegroup'));
    expect(groups).toHaveLength(5);
    for (const { Properties } of groups) {
      expect(Properties.ForceUpdateEnabled).toBe(false);
      expect(Properties.AmiType).toMatch(/^(BOTTLEROCKET|AL2023)_ARM_64/);
      expect(Properties.NodeRepairConfig).toEqual({ Enabled: true });
    }
  });

  it('hide the metadata of the node from its pods and encrypt their disks', () => {
    template.allResourcesProperties('AWS::EC2::LaunchTemplate', {
      LaunchTemplateData: Match.objectLike({
        MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
        BlockDeviceMappings: [
          { DeviceName: Match.anyValue(), Ebs: Match.objectLike({ Encrypted: true, VolumeType: 'gp3' }) },
        ],
      }),
    });
  });

  it('of media stand on demand in public subnets, for media pods only', () => {
    const { Properties } = nodeGroup('media', 'on-demand');
    expect(Properties).toMatchObject({
      CapacityType: 'ON_DEMAND',
      Taints: [{ Key: 'workload', Value: 'media', Effect: 'NO_SCHEDULE' }],
      AmiType: 'AL2023_ARM_64_STANDARD',
    });
    expect(JSON.stringify(Properties.Subnets)).toContain('Public');
  });

  it('of workers are Spot of six types, over a floor that is not', () => {
    expect(nodeGroup('worker', 'spot').Properties).toMatchObject({
      CapacityType: 'SPOT',
      InstanceTypes: workerTypes,
      Taints: [{ Key: 'workload', Value: 'worker', Effect: 'NO_SCHEDULE' }],
    });
    expect(nodeGroup('worker', 'on-demand').Properties).toMatchObject({
      CapacityType: 'ON_DEMAND',
      ScalingConfig: { MinSize: 1, DesiredSize: 1, MaxSize: 1 },
    });
  });

  it('open to the world what WebRTC needs, on media nodes, and nothing else', () => {
    const open = Object.values(template.findResources('AWS::EC2::SecurityGroup')).flatMap(({ Properties }) =>
      (Properties.SecurityGroupIngress ?? []).map((rule: Record<string, unknown>) => ({
        group: Properties.GroupDescription,
        ports: `${rule.IpProtocol} ${rule.FromPort}-${rule.ToPort}`,
        from: rule.CidrIp,
      })),
    );
    expect(open).toEqual([
      { group: 'WebRTC media to LiveKit nodes', ports: 'udp 50000-60000', from: '0.0.0.0/0' },
      { group: 'WebRTC media to LiveKit nodes', ports: 'tcp 7881-7881', from: '0.0.0.0/0' },
      { group: 'WebRTC media to LiveKit nodes', ports: 'udp 3478-3478', from: '0.0.0.0/0' },
    ]);
  });

  it('may join and pull images, and nothing more: a pod on the host network gets no further', () => {
    const [role] = Object.values(
      template.findResources('AWS::IAM::Role', {
        Properties: { Description: Match.stringLikeRegexp('Kubernetes nodes') },
      }),
    );
    expect(JSON.stringify(role?.Properties.ManagedPolicyArns)).toMatch(
      /AmazonEKSWorkerNodeMinimalPolicy.*AmazonEC2ContainerRegistryPullOnly/,
    );
    expect(role?.Properties.ManagedPolicyArns).toHaveLength(2);
  });
});
