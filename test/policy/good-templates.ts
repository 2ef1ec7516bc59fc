import { kubernetes } from '../../constructs/cluster/versions';
import type { Resource } from '../../lib/policy/subject';

/** Resources of one template that break no rule; tests break one thing in them at a time. */
const resource = (
  type: string,
  logicalId: string,
  properties: Resource['properties'],
  deletionPolicy?: string,
): Resource => ({
  type,
  logicalId,
  stack: 'Home',
  path: `Home/${logicalId}`,
  properties,
  deletionPolicy,
});

const refuseHttp = (bucket: string, ...statements: object[]) =>
  resource('AWS::S3::BucketPolicy', `${bucket}Policy`, {
    Bucket: { Ref: bucket },
    PolicyDocument: {
      Statement: [{ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }, ...statements],
    },
  });

const privateBucket = {
  PublicAccessBlockConfiguration: {
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  },
  BucketEncryption: {},
};

export const goodTemplates = {
  cluster: resource('AWS::EKS::Cluster', 'Cluster', {
    Version: kubernetes.version.version,
    ResourcesVpcConfig: { EndpointPublicAccess: false },
    Logging: { ClusterLogging: { EnabledTypes: ['api', 'audit', 'authenticator'].map((Type) => ({ Type })) } },
    AccessConfig: { AuthenticationMode: 'API', BootstrapClusterCreatorAdminPermissions: false },
    EncryptionConfig: [{}],
    DeletionProtection: true,
    UpgradePolicy: { SupportType: 'STANDARD' },
  }),
  addon: resource('AWS::EKS::Addon', 'Cni', {
    AddonName: 'vpc-cni',
    AddonVersion: 'v1.22.4-eksbuild.3',
    ConfigurationValues: '{"enableNetworkPolicy":"true"}',
  }),
  nodegroup: resource('AWS::EKS::Nodegroup', 'Workers', {
    AmiType: 'BOTTLEROCKET_ARM_64',
    CapacityType: 'SPOT',
    InstanceTypes: ['a', 'b', 'c', 'd', 'e', 'f'],
    Taints: [{}],
    ForceUpdateEnabled: false,
  }),
  appNodes: resource('AWS::EKS::Nodegroup', 'App', {
    AmiType: 'BOTTLEROCKET_ARM_64',
    CapacityType: 'ON_DEMAND',
    InstanceTypes: ['m7g.large'],
    Labels: { workload: 'app' },
    ScalingConfig: { MaxSize: 3 },
    ForceUpdateEnabled: false,
  }),
  launchTemplate: resource('AWS::EC2::LaunchTemplate', 'Template', {
    LaunchTemplateData: {
      MetadataOptions: { HttpTokens: 'required' },
      BlockDeviceMappings: [{ Ebs: { Encrypted: true } }],
    },
  }),
  mediaGroup: resource('AWS::EC2::SecurityGroup', 'MediaGroup', {
    SecurityGroupIngress: [
      { CidrIp: '0.0.0.0/0', IpProtocol: 'udp', FromPort: 50_000, ToPort: 60_000 },
      { CidrIp: '0.0.0.0/0', IpProtocol: 'tcp', FromPort: 7881, ToPort: 7881 },
    ],
  }),
  databaseParameters: resource('AWS::RDS::DBParameterGroup', 'Parameters', { Parameters: { 'rds.force_ssl': '1' } }),
  database: resource(
    'AWS::RDS::DBInstance',
    'Database',
    {
      Engine: 'postgres',
      DBParameterGroupName: { Ref: 'Parameters' },
      StorageEncrypted: true,
      PubliclyAccessible: false,
      EnablePerformanceInsights: true,
      EnableCloudwatchLogsExports: ['postgresql'],
      MultiAZ: true,
      BackupRetentionPeriod: 14,
      DeletionProtection: true,
    },
    'Snapshot',
  ),
  replica: resource('AWS::RDS::DBInstance', 'Replica', {
    SourceDBInstanceIdentifier: { Ref: 'Database' },
    DBParameterGroupName: { Ref: 'Parameters' },
    PubliclyAccessible: false,
    EnablePerformanceInsights: true,
    EnableCloudwatchLogsExports: ['postgresql'],
  }),
  rotation: resource('AWS::SecretsManager::RotationSchedule', 'Rotation', {}),
  applicationRedis: redisGroup('Application'),
  livekitRedis: redisGroup('Livekit'),
  recordings: resource('AWS::S3::Bucket', 'Recordings', {
    ...privateBucket,
    VersioningConfiguration: { Status: 'Enabled' },
    LoggingConfiguration: { DestinationBucketName: { Ref: 'Logs' } },
    LifecycleConfiguration: {
      Rules: [
        { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
        { Id: 'archive', ObjectSizeGreaterThan: '131072', Transitions: [{ StorageClass: 'DEEP_ARCHIVE' }] },
      ],
    },
  }),
  logs: resource('AWS::S3::Bucket', 'Logs', {
    ...privateBucket,
    LifecycleConfiguration: { Rules: [{ ExpirationInDays: 30, AbortIncompleteMultipartUpload: {} }] },
  }),
  recordingsPolicy: refuseHttp('Recordings'),
  logsPolicy: refuseHttp('Logs', { Effect: 'Allow', Principal: { Service: 'logging.s3.amazonaws.com' } }),
  role: resource('AWS::IAM::Policy', 'PackagerPolicy', {
    PolicyDocument: {
      Statement: [{ Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::hls/hls/*' }],
    },
  }),
  distribution: resource('AWS::CloudFront::Distribution', 'Media', {
    DistributionConfig: {
      WebACLId: { 'Fn::GetAtt': ['Acl', 'Arn'] },
      Logging: {},
      ViewerCertificate: { MinimumProtocolVersion: 'TLSv1.2_2021' },
      Origins: [{ Id: 'home', S3OriginConfig: {}, OriginShield: { Enabled: true } }],
      DefaultCacheBehavior: { ViewerProtocolPolicy: 'redirect-to-https', CachePolicyId: 'managed' },
      CacheBehaviors: [
        { PathPattern: '/hls/*.m3u8', ViewerProtocolPolicy: 'https-only', CachePolicyId: { Ref: 'Short' } },
        { PathPattern: '/hls/*.m4s', ViewerProtocolPolicy: 'https-only', CachePolicyId: { Ref: 'Long' } },
      ],
      CustomErrorResponses: [{ ErrorCode: 404, ErrorCachingMinTTL: 1 }],
    },
  }),
  shortPolicy: resource('AWS::CloudFront::CachePolicy', 'Short', { CachePolicyConfig: { MinTTL: 1, MaxTTL: 2 } }),
  longPolicy: resource('AWS::CloudFront::CachePolicy', 'Long', {
    CachePolicyConfig: { MinTTL: 86_400, MaxTTL: 86_400 },
  }),
  acl: resource('AWS::WAFv2::WebACL', 'Acl', { Rules: [{ Statement: { ManagedRuleGroupStatement: {} } }] }),
  aclLog: resource('AWS::WAFv2::LoggingConfiguration', 'AclLog', { ResourceArn: { 'Fn::GetAtt': ['Acl', 'Arn'] } }),
  logGroup: resource('AWS::Logs::LogGroup', 'Group', { RetentionInDays: 30 }),
  lambda: resource('AWS::Lambda::Function', 'Function', { LoggingConfig: { LogGroup: { Ref: 'Group' } } }),
  alarm: resource('AWS::CloudWatch::Alarm', 'Alarm', { AlarmActions: [{ Ref: 'Topic' }] }),
};

function redisGroup(logicalId: string): Resource {
  return resource('AWS::ElastiCache::ReplicationGroup', logicalId, {
    TransitEncryptionEnabled: true,
    AtRestEncryptionEnabled: true,
    UserGroupIds: ['users'],
    AutomaticFailoverEnabled: true,
    MultiAZEnabled: true,
    NumNodeGroups: 1,
    ReplicasPerNodeGroup: 1,
    CacheSubnetGroupName: 'isolated',
    SnapshotRetentionLimit: 1,
  });
}

export type TemplatePart = keyof typeof goodTemplates;
