import { kubernetes } from '../../../constructs/cluster/versions';
import { defineRule, type Finding } from '../rule';
import { ofType, type Properties, properties, property, type Resource, type Subject } from '../subject';

const minimumSpotTypes = 6;

export const cluster = defineRule({
  id: 'H13-cluster',
  reason: 'a cluster out of support, open to the internet or with nodes that ignore budgets fails on its worst day',
  fix: 'use the pinned version, a private or limited endpoint, access entries, pinned add-ons, IMDSv2 and patient updates',
  check: (subject) => [
    ...ofType(subject, 'AWS::EKS::Cluster').flatMap((each) => at(each, clusterFaults(each, subject))),
    ...ofType(subject, 'AWS::EKS::Addon').flatMap((each) => at(each, addonFaults(each))),
    ...ofType(subject, 'AWS::EKS::Nodegroup').flatMap((each) => at(each, nodegroupFaults(each))),
    ...ofType(subject, 'AWS::EC2::LaunchTemplate').flatMap((each) => at(each, launchTemplateFaults(each))),
  ],
});

const at = ({ path }: Resource, faults: readonly string[]): Finding[] =>
  faults.filter(Boolean).map((detail) => ({ where: path, detail }));

function clusterFaults(resource: Resource, { expectations }: Subject): string[] {
  const version = String(property(resource, 'Version'));
  const vpc = ['ResourcesVpcConfig'] as const;
  const publicCidrs = property(resource, ...vpc, 'PublicAccessCidrs');
  const open =
    property(resource, ...vpc, 'EndpointPublicAccess') !== false &&
    (!Array.isArray(publicCidrs) || publicCidrs.includes('0.0.0.0/0'));
  const logs = properties(resource, 'Logging', 'ClusterLogging', 'EnabledTypes').map(({ Type }) => Type);
  return [
    version === kubernetes.version.version ? '' : `runs Kubernetes ${version}, tested is ${kubernetes.version.version}`,
    open ? 'its endpoint is open to every address' : '',
    ['api', 'audit', 'authenticator'].every((type) => logs.includes(type))
      ? ''
      : `logs only ${logs.join(', ') || 'nothing'}`,
    property(resource, 'AccessConfig', 'AuthenticationMode') === 'API' ? '' : 'does not use access entries alone',
    property(resource, 'AccessConfig', 'BootstrapClusterCreatorAdminPermissions') === false
      ? ''
      : 'makes its creator an administrator',
    properties(resource, 'EncryptionConfig').length > 0 ? '' : 'encrypts secrets with no key of ours',
    expectations.deletionProtection && property(resource, 'DeletionProtection') !== true ? 'may be deleted' : '',
    property(resource, 'UpgradePolicy', 'SupportType') === 'STANDARD' ? '' : 'would slide into paid extended support',
  ];
}

function addonFaults(resource: Resource): string[] {
  const name = property(resource, 'AddonName');
  const configuration = property(resource, 'ConfigurationValues');
  const enforces = typeof configuration === 'string' && /"enableNetworkPolicy":\s*"true"/.test(configuration);
  return [
    property(resource, 'AddonVersion') === undefined ? `add-on ${name} is not pinned` : '',
    name === 'vpc-cni' && !enforces ? 'accepts NetworkPolicies and ignores them' : '',
  ];
}

function nodegroupFaults(resource: Resource): string[] {
  const ami = String(property(resource, 'AmiType') ?? 'unset');
  const types = property(resource, 'InstanceTypes');
  const spot = property(resource, 'CapacityType') === 'SPOT';
  const taints = properties(resource, 'Taints');
  return [
    /^(AL2_|unset)/.test(ami) ? `uses AMI type ${ami}, which is out of support` : '',
    property(resource, 'ForceUpdateEnabled') === false ? '' : 'forces updates through disruption budgets',
    spot && (!Array.isArray(types) || types.length < minimumSpotTypes)
      ? `asks for Spot in ${Array.isArray(types) ? types.length : 0} types, needs ${minimumSpotTypes}`
      : '',
    spot && taints.length === 0 ? 'has Spot nodes that any pod may land on' : '',
  ];
}

function launchTemplateFaults(resource: Resource): string[] {
  const data = ['LaunchTemplateData'] as const;
  const disks = properties(resource, ...data, 'BlockDeviceMappings');
  return [
    property(resource, ...data, 'MetadataOptions', 'HttpTokens') === 'required' ? '' : 'answers IMDSv1',
    disks.every(({ Ebs }) => (Ebs as Properties | undefined)?.Encrypted === true)
      ? ''
      : 'has a disk that is not encrypted',
    property(resource, ...data, 'KeyName') === undefined ? '' : 'lets SSH keys in',
  ];
}

/** What may be open to the world besides HTTPS, and on which security groups, by their place in the tree. */
const publicPorts: readonly {
  readonly path: RegExp;
  readonly protocol: string;
  readonly from: number;
  readonly to: number;
}[] = [
  { path: /media/i, protocol: 'udp', from: 50_000, to: 60_000 },
  { path: /media/i, protocol: 'tcp', from: 7881, to: 7881 },
  { path: /media/i, protocol: 'udp', from: 3478, to: 3478 },
  { path: /(public|ingest)/i, protocol: 'tcp', from: 1935, to: 1936 },
  { path: /(public|ingest)/i, protocol: 'tcp', from: 5349, to: 5349 },
];

const world = ['0.0.0.0/0', '::/0'];

interface IngressRule {
  readonly path: string;
  readonly rule: Properties;
}

export const securityGroups = defineRule({
  id: 'H14-security-groups',
  reason: 'a port open to the world is found within minutes; media ports belong to media nodes only',
  fix: 'open 443 to the world, media and ingest ports on their own groups, and everything else from a group',
  check: (subject) => {
    const rules: IngressRule[] = [
      ...ofType(subject, 'AWS::EC2::SecurityGroup').flatMap((group) =>
        properties(group, 'SecurityGroupIngress').map((rule) => ({ path: group.path, rule })),
      ),
      ...ofType(subject, 'AWS::EC2::SecurityGroupIngress').map(({ path, properties: rule }) => ({ path, rule })),
    ];
    return rules.filter(isTooOpen).map(({ path, rule }) => ({
      where: path,
      detail: `${rule.IpProtocol} ${rule.FromPort ?? 'all'}-${rule.ToPort ?? 'all'} is open to ${rule.CidrIp ?? rule.CidrIpv6}`,
    }));
  },
});

function isTooOpen({ path, rule }: IngressRule): boolean {
  if (!world.includes(String(rule.CidrIp ?? rule.CidrIpv6))) return false;
  const { IpProtocol: protocol, FromPort: from, ToPort: to } = rule;
  if (protocol === 'tcp' && from === 443 && to === 443) return false;
  return !publicPorts.some(
    (port) => port.path.test(path) && port.protocol === protocol && Number(from) >= port.from && Number(to) <= port.to,
  );
}
