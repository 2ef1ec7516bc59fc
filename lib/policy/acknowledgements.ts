import type { Acknowledgement } from './acknowledgement';

const entry = (rule: string, scope: string, reason: string): Acknowledgement => ({ rule, scope, reason });

/** One finding in several places for one reason. */
const entries = (rule: string, scopes: readonly string[], reason: string): Acknowledgement[] =>
  scopes.map((scope) => entry(rule, scope, reason));

/** What LiveKit has to be; the node's security group is its fence. */
const livekit = [
  entry(
    'H03-replicas',
    'Deployment/media/livekit',
    'one large instance at 1k, as the tier is defined; its rooms reconnect',
  ),
  entry(
    'H06-pod-security',
    'Deployment/media/livekit',
    "WebRTC needs the node's own address and ports; all else is restricted",
  ),
  entry(
    'H08-network-policies',
    'Deployment/media/livekit',
    'on the host network the security group of media nodes decides',
  ),
  entry(
    'H16-redis',
    'LivekitCache/Group',
    'rooms end with their connections: a restored snapshot would only hold dead ones',
  ),
  entry('H20-operability', 'Namespace/media', 'only LiveKit runs there, one pod per node, its size stated'),
];

/** Actions for which AWS knows no resource, or whose resources are made at run time. */
const wideByNature = [
  ...entries(
    'H18-least-privilege',
    [
      'LoadBalancerController/Identity/Role',
      'ExternalDns/Identity/Role',
      'ClusterAutoscaler/Identity/Role',
      'Karpenter/Identity/Role',
      'streamIdentity/Role',
    ],
    'Describe and List actions take no resource; what changes things is limited by resource or tag',
  ),
  ...entries(
    'AwsSolutions-IAM5',
    [
      'LoadBalancerController/Identity/Role',
      'ExternalDns/Identity/Role',
      'ClusterAutoscaler/Identity/Role',
      'Karpenter/Identity/Role',
    ],
    'reads take no resource; what is created gets its id at run time and is limited by the cluster tag',
  ),
  entry('AwsSolutions-IAM5', 'CertManager/Identity/Role', 'Route 53 gives a change its id when it is made'),
  entry(
    'AwsSolutions-IAM5',
    'MailSender',
    'SES asks for the identity and its configuration set; the sender address is the limit',
  ),
  entry(
    'AwsSolutions-IAM5',
    'packagerIdentity/Role',
    "object keys are made at run time, below the region's own prefix",
  ),
  entry(
    'AwsSolutions-IAM5',
    'streamIdentity/Role',
    'object keys are made at run time; purging names no distribution so that home needs nothing of the edge',
  ),
];

/** Constructs of the CDK whose roles are written by it. */
const cdkFunctions = [
  ...entries(
    'AwsSolutions-IAM4',
    ['KubectlProvider', 'KeyMaterial', 'Cloudflare', 'LogRetentionaae0aa3c5b4d4f87b02d85b201efdd8a'],
    'the managed policy lets a function write its own log, enter the VPC and pull images; the CDK attaches it',
  ),
  ...entries(
    'AwsSolutions-IAM5',
    ['KubectlProvider', 'KeyMaterial/Provider', 'Cloudflare/Provider'],
    'the provider framework may invoke every version of the one function it wraps',
  ),
  entry(
    'AwsSolutions-IAM5',
    'LogRetentionaae0aa3c5b4d4f87b02d85b201efdd8a',
    'the CDK sets the retention of log groups that RDS makes itself',
  ),
  entry(
    'H18-least-privilege',
    'LogRetentionaae0aa3c5b4d4f87b02d85b201efdd8a',
    'the CDK sets the retention of log groups that RDS makes itself',
  ),
  ...entries(
    'H20-operability',
    [
      'KubectlProvider',
      'LogRetentionaae0aa3c5b4d4f87b02d85b201efdd8a',
      'Custom::S3AutoDeleteObjectsCustomResourceProvider',
      'Custom::VpcRestrictDefaultSGCustomResourceProvider',
    ],
    'the CDK makes the function and its log: a few lines per deployment, none while the platform runs',
  ),
  entry(
    'AwsSolutions-L1',
    'KubectlProvider/Handler',
    'the runtime is the one its kubectl layer is built and tested for',
  ),
  entry(
    'AwsSolutions-L1',
    'KeyMaterial/Function',
    'Node 22 is supported until 2027, the runtime CDK’s own provider uses',
  ),
];

const managedPolicies = [
  entry(
    'AwsSolutions-IAM4',
    'Platform/Cluster/Role',
    'EKS documents its managed policy as the way to run a control plane',
  ),
  entry('AwsSolutions-IAM4', 'Addons', 'AWS keeps the policy of an add-on in step with its versions'),
  entry('AwsSolutions-IAM4', 'Nodes/Role', 'the two minimal policies EKS names for nodes: join, and pull images'),
  entry('AwsSolutions-IAM4', 'BackupCopies/Plan', 'the policy AWS Backup documents for the role that it takes'),
  entry('AwsSolutions-IAM4', 'Postgres', 'the one policy Enhanced Monitoring works with'),
];

const secrets = [
  entry(
    'AwsSolutions-SMG4',
    'data/Secrets',
    'keys and shared secrets rotate by adding a second key, with the services’ help, not by replacing a password',
  ),
  entry(
    'AwsSolutions-SMG4',
    'ApplicationCache/User',
    'no rotation function exists for ElastiCache users: the password is replaced by a deployment',
  ),
  entry(
    'AwsSolutions-SMG4',
    'LivekitCache/User',
    'no rotation function exists for ElastiCache users: the password is replaced by a deployment',
  ),
  entry(
    'AwsSolutions-SMG4',
    'Postgres/AdminSecret',
    'used by the bootstrap Job and by the rotation of the services’ own logins, never by a service',
  ),
  entry('AwsSolutions-SMG4', 'DocumentStore', 'used by the bootstrap Job only, never by a service'),
];

const data = [
  entry(
    'AwsSolutions-RDS10',
    'Postgres',
    'environment=dev is made to be destroyed; H15 demands protection wherever the config does',
  ),
  ...entries(
    'AwsSolutions-RDS11',
    ['Postgres'],
    'security groups decide who connects; a strange port would hide nothing',
  ),
  entry(
    'AwsSolutions-RDS2',
    'Postgres',
    'a replica is encrypted with the key of its source; only the source can say so',
  ),
  entry(
    'AwsSolutions-RDS3',
    'Postgres',
    'a lost replica is dropped by the pool and its reads go to the writer, which runs in two AZs',
  ),
  entry(
    'AwsSolutions-DOC2',
    'DocumentStore/Cluster',
    'security groups decide who connects; a strange port would hide nothing',
  ),
  entry(
    'AwsSolutions-DOC3',
    'DocumentStore/Cluster',
    'the check cannot read a password that Secrets Manager holds, and so takes it for none',
  ),
  entry(
    'AwsSolutions-DOC5',
    'DocumentStore/Cluster',
    'audit events of three kinds would record every chat insert; slow operations are profiled instead',
  ),
  entry(
    'AwsSolutions-AEC6',
    'ApplicationCache/Group',
    'the check knows AUTH tokens only: users and their rights are in a user group',
  ),
  entry(
    'AwsSolutions-AEC6',
    'LivekitCache/Group',
    'the check knows AUTH tokens only: users and their rights are in a user group',
  ),
  entry('AwsSolutions-S1', 'network/AccessLogs', 'it receives the logs; a log of the log would never end'),
  entry('AwsSolutions-S1', 'edge/Logs', 'it receives the logs; a log of the log would never end'),
  entry(
    'AwsSolutions-SQS3',
    'Karpenter/Interruptions',
    'a warning that was not read in two minutes is about a node that is gone',
  ),
];

const network = [
  entry(
    'AwsSolutions-EC23',
    'network/Public/SecurityGroup',
    'encoders, players and browsers come from everywhere, to TLS listeners',
  ),
  entry('AwsSolutions-EC23', 'Nodes/MediaPorts', 'WebRTC media comes from everywhere, to media nodes only'),
  ...entries(
    'AwsSolutions-EC23',
    ['network/Internal/SecurityGroup', 'network/InternalChat/SecurityGroup', 'Endpoints/SecurityGroup'],
    "the check cannot read the VPC's range, which is a reference",
  ),
  entry(
    'AwsSolutions-CFR1',
    'Distribution',
    'viewers are welcome everywhere; who must block countries adds the restriction',
  ),
  entry(
    'AwsSolutions-CFR3',
    'Distribution',
    'logged by standard logging v2, whose resources stand beside the distribution; H19 checks it',
  ),
];

/** Every finding that stays, in one place. A test fails on one that no longer fires in any tier and region. */
export const acknowledgements: readonly Acknowledgement[] = [
  ...livekit,
  ...wideByNature,
  ...cdkFunctions,
  ...managedPolicies,
  ...secrets,
  ...data,
  ...network,
];
