import { defineRule, type Finding } from '../rule';
import { ofType, type Properties, properties, property, type Resource, referenceTo, type Subject } from '../subject';

const at = ({ path }: Resource, faults: readonly string[]): Finding[] =>
  faults.filter(Boolean).map((detail) => ({ where: path, detail }));

const survives = ({ deletionPolicy }: Resource) => deletionPolicy !== undefined && deletionPolicy !== 'Delete';
const minimumBackupDays = 7;

export const relationalDatabase = defineRule({
  id: 'H15-relational-database',
  reason: 'accounts and streams are what cannot be made again',
  fix: 'encrypt, run in two AZs, protect from deletion, back up a week or more, force TLS, rotate the secret',
  check: (subject) => {
    const instances = ofType(subject, 'AWS::RDS::DBInstance').filter(isPostgres);
    const [replicas, writers] = [instances.filter(isReplica), instances.filter((each) => !isReplica(each))];
    if (writers.length === 0) return [];
    const { readReplicas } = subject.expectations;
    return [
      ...instances.flatMap((each) => at(each, instanceFaults(each, subject))),
      ...writers.flatMap((each) => at(each, [...writerFaults(each, subject), ...rotationFaults(subject)])),
      ...(replicas.length < readReplicas
        ? [
            {
              where: writers[0]?.path ?? '',
              detail: `has ${replicas.length} read replicas, the tier has ${readReplicas}`,
            },
          ]
        : []),
    ];
  },
});

const isPostgres = (resource: Resource) => property(resource, 'Engine') === 'postgres' || isReplica(resource);
const isReplica = (resource: Resource) => property(resource, 'SourceDBInstanceIdentifier') !== undefined;

/** A replica in its source's region gets the source's parameters unless it names others (Amazon RDS User Guide). */
const inheritsParameters = (resource: Resource) =>
  isReplica(resource) && property(resource, 'DBParameterGroupName') === undefined;

const forcesTls = (parameters: Resource | undefined) =>
  parameters !== undefined && String(property(parameters, 'Parameters', 'rds.force_ssl')) === '1';

function instanceFaults(resource: Resource, subject: Subject): string[] {
  const parameterGroup = referenceTo(property(resource, 'DBParameterGroupName'));
  const parameters = ofType(subject, 'AWS::RDS::DBParameterGroup').find(
    ({ logicalId, stack }) => logicalId === parameterGroup && stack === resource.stack,
  );
  return [
    isReplica(resource) || property(resource, 'StorageEncrypted') === true ? '' : 'is not encrypted',
    property(resource, 'PubliclyAccessible') === false ? '' : 'may have a public address',
    inheritsParameters(resource) || forcesTls(parameters) ? '' : 'accepts connections without TLS',
    property(resource, 'EnablePerformanceInsights') === true ? '' : 'has no Performance Insights',
    properties(resource, 'EnableCloudwatchLogsExports').length > 0 ? '' : 'exports no log',
  ];
}

function writerFaults(resource: Resource, { expectations }: Subject): string[] {
  const backupDays = Number(property(resource, 'BackupRetentionPeriod') ?? 0);
  return [
    property(resource, 'MultiAZ') === true ? '' : 'runs in one AZ',
    backupDays >= minimumBackupDays ? '' : `keeps ${backupDays} days of backups`,
    expectations.deletionProtection && property(resource, 'DeletionProtection') !== true ? 'may be deleted' : '',
    expectations.retainData && !survives(resource) ? 'is lost with its stack' : '',
  ];
}

function rotationFaults(subject: Subject): string[] {
  return ofType(subject, 'AWS::SecretsManager::RotationSchedule').length > 0
    ? []
    : ['has a password that is never rotated'];
}

export const redis = defineRule({
  id: 'H16-redis',
  reason: 'rooms, leases and chat live here: a plain-text or single-node Redis loses or leaks all of it',
  fix: 'use TLS, AUTH or users, encryption at rest and automatic failover over two AZs; LiveKit has a group of its own',
  check: (subject) => {
    const groups = ofType(subject, 'AWS::ElastiCache::ReplicationGroup');
    const stacks = new Set(groups.map(({ stack }) => stack));
    return [
      ...groups.flatMap((each) => at(each, redisFaults(each))),
      ...[...stacks]
        .filter((stack) => groups.filter((group) => group.stack === stack).length < 2)
        .map((stack) => ({ where: stack, detail: "LiveKit shares the application's Redis" })),
    ];
  },
});

function redisFaults(resource: Resource): string[] {
  const users = property(resource, 'UserGroupIds');
  const replicasPerShard = Number(property(resource, 'ReplicasPerNodeGroup') ?? 0);
  const nodes = Number(property(resource, 'NumCacheClusters') ?? replicasPerShard + 1);
  return [
    property(resource, 'TransitEncryptionEnabled') === true ? '' : 'speaks without TLS',
    property(resource, 'AtRestEncryptionEnabled') === true ? '' : 'is not encrypted at rest',
    property(resource, 'AuthToken') !== undefined || users !== undefined ? '' : 'asks for no password',
    property(resource, 'AutomaticFailoverEnabled') === true ? '' : 'does not fail over',
    property(resource, 'MultiAZEnabled') === true ? '' : 'keeps its nodes in one AZ',
    nodes >= 2 ? '' : `has ${nodes} node`,
    property(resource, 'CacheSubnetGroupName') !== undefined ? '' : 'is in the default subnets',
    Number(property(resource, 'SnapshotRetentionLimit') ?? 0) > 0 ? '' : 'keeps no snapshot',
  ];
}

export const buckets = defineRule({
  id: 'H17-buckets',
  reason: 'recordings must outlive mistakes, segments must not outlive their month, and neither is for everybody',
  fix: 'block public access, refuse plain HTTP, encrypt, log, version what is kept, expire the rest and abort uploads',
  check: (subject) => ofType(subject, 'AWS::S3::Bucket').flatMap((each) => at(each, bucketFaults(each, subject))),
});

function bucketFaults(resource: Resource, subject: Subject): string[] {
  const block = property(resource, 'PublicAccessBlockConfiguration') as Properties | undefined;
  const rules = properties(resource, 'LifecycleConfiguration', 'Rules');
  const versioned = property(resource, 'VersioningConfiguration', 'Status') === 'Enabled';
  const expires = rules.some(({ ExpirationInDays }) => ExpirationInDays !== undefined);
  return [
    block && Object.values(block).filter((value) => value === true).length === 4 ? '' : 'does not block public access',
    property(resource, 'BucketEncryption') !== undefined ? '' : 'is not encrypted',
    refusesPlainHttp(resource, subject) ? '' : 'answers plain HTTP',
    versioned || expires ? '' : 'neither versions nor expires its objects',
    rules.some(({ AbortIncompleteMultipartUpload }) => AbortIncompleteMultipartUpload !== undefined)
      ? ''
      : 'keeps parts of uploads that never ended',
    ...archiveFaults(resource, rules),
    isLogDestination(resource, subject) || property(resource, 'LoggingConfiguration') !== undefined
      ? ''
      : 'logs no access',
  ];
}

/** Objects under 128 KB never move unless a rule says so (Amazon S3 User Guide, "Lifecycle transitions"). */
function archiveFaults(resource: Resource, rules: readonly Properties[]): string[] {
  const archiving = rules.filter(
    ({ Transitions }) =>
      Array.isArray(Transitions) && Transitions.some(({ StorageClass }) => StorageClass === 'DEEP_ARCHIVE'),
  );
  const sizeSaid = property(resource, 'LifecycleConfiguration', 'TransitionDefaultMinimumObjectSize') !== undefined;
  return archiving
    .filter(({ ObjectSizeGreaterThan, TagFilters }) => ObjectSizeGreaterThan === undefined && !sizeSaid && !TagFilters)
    .map(({ Id }) => `rule ${Id ?? ''} archives without saying which sizes`);
}

function refusesPlainHttp(resource: Resource, subject: Subject): boolean {
  return statementsOn(resource, subject).some(
    ({ Effect, Condition }) => Effect === 'Deny' && JSON.stringify(Condition ?? '').includes('aws:SecureTransport'),
  );
}

/** Buckets that receive logs are told by who may write to them; a log of the log would never end. */
const logWriters = ['logging.s3.amazonaws.com', 'delivery.logs.amazonaws.com'];

function isLogDestination(resource: Resource, subject: Subject): boolean {
  return statementsOn(resource, subject).some(
    ({ Effect, Principal }) =>
      Effect === 'Allow' && logWriters.some((writer) => JSON.stringify(Principal ?? '').includes(writer)),
  );
}

/** Statements of a bucket's policy. */
function statementsOn(bucket: Resource, subject: Subject): readonly Properties[] {
  return ofType(subject, 'AWS::S3::BucketPolicy')
    .filter((policy) => policy.stack === bucket.stack && referenceTo(property(policy, 'Bucket')) === bucket.logicalId)
    .flatMap((policy) => properties(policy, 'PolicyDocument', 'Statement'));
}
