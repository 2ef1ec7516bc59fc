import type { KubernetesObject } from '../../lib/policy/kubernetes';
import { ownFindings } from '../../lib/policy/plugin';
import { rules } from '../../lib/policy/rules';
import type { HelmRelease, StackFacts, Subject } from '../../lib/policy/subject';
import { type ChartPart, goodChart } from './good-chart';
import { goodTemplates, type TemplatePart } from './good-templates';

const expectations = { retainData: true, deletionProtection: true, readReplicas: 1 };
const smallStack: StackFacts = { path: 'Home', resourceCount: 10, templateBytes: 1_000, manifestBytes: new Map() };

const good: Subject = {
  resources: Object.values(goodTemplates),
  objects: Object.values(goodChart) as KubernetesObject[],
  releases: [{ path: 'Home/Nginx', chart: 'oci://example.com/charts/nginx-ingress', version: '2.6.4' }],
  stacks: [smallStack],
  expectations,
};

/** A copy with one value at a path replaced; `undefined` removes it. */
function replaced<T>(value: T, path: string, by: unknown): T {
  const copy = structuredClone(value);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const parent = keys.reduce<Record<string, unknown>>(
    (at, key) => at[key] as Record<string, unknown>,
    copy as Record<string, unknown>,
  );
  if (by === undefined) delete parent[last];
  else parent[last] = by;
  return copy;
}

const object = (part: ChartPart, path: string, by: unknown): Subject => ({
  ...good,
  objects: good.objects.map((each) => (each === goodChart[part] ? replaced(each, path, by) : each)),
});
const withObject = (extra: object): Subject => ({ ...good, objects: [...good.objects, extra as KubernetesObject] });
const withoutObject = (part: ChartPart): Subject => ({
  ...good,
  objects: good.objects.filter((each) => each !== goodChart[part]),
});
const resource = (part: TemplatePart, path: string, by: unknown): Subject => ({
  ...good,
  resources: good.resources.map((each) => (each === goodTemplates[part] ? replaced(each, path, by) : each)),
});
const withoutResource = (part: TemplatePart): Subject => ({
  ...good,
  resources: good.resources.filter((each) => each !== goodTemplates[part]),
});
const release = (change: Partial<HelmRelease>): Subject => ({
  ...good,
  releases: good.releases.map((each) => ({ ...each, ...change })),
});
const stack = (change: Partial<StackFacts>): Subject => ({ ...good, stacks: [{ ...smallStack, ...change }] });

const container = 'spec.template.spec.containers.0';
const pod = 'spec.template.spec';
const distribution = 'properties.DistributionConfig';
const world = (protocol: string, port: number) => [
  { CidrIp: '0.0.0.0/0', IpProtocol: protocol, FromPort: port, ToPort: port },
];

/** What is broken, the rule that must see it, and what it must say. */
const broken: readonly [rule: string, says: string, subject: Subject][] = [
  ['H01-pod-resources', 'requests no CPU', object('deployment', `${container}.resources.requests.cpu`, undefined)],
  [
    'H01-pod-resources',
    'requests no memory',
    object('deployment', `${container}.resources.requests.memory`, undefined),
  ],
  ['H01-pod-resources', 'memory limit 1Gi', object('deployment', `${container}.resources.limits.memory`, '1Gi')],
  ['H02-probes', 'no startupProbe', object('deployment', `${container}.startupProbe`, undefined)],
  ['H02-probes', 'both ask /livez', object('deployment', `${container}.readinessProbe.httpGet.path`, '/livez')],
  ['H02-probes', 'both ask /readyz', object('deployment', `${container}.livenessProbe.httpGet.path`, '/readyz')],
  ['H03-replicas', 'sets replicas 3 beside', object('deployment', 'spec.replicas', 3)],
  ['H03-replicas', 'runs 1 replica', withoutObject('autoscaler')],
  ['H03-replicas', 'may go down to 1', object('autoscaler', 'spec.minReplicas', 1)],
  ['H03-replicas', 'under its minimum', object('autoscaler', 'spec.maxReplicas', 2)],
  ['H03-replicas', 'no behaviour', object('autoscaler', 'spec.behavior', undefined)],
  ['H03-replicas', 'CPU 50', object('autoscaler', 'spec.metrics.0.resource.target.averageUtilization', 50)],
  ['H04-disruption-budgets', 'by 0 disruption budgets', withoutObject('budget')],
  ['H04-disruption-budgets', 'allows 0 disruptions at 3', object('budget', 'spec.maxUnavailable', 0)],
  [
    'H04-disruption-budgets',
    'allows 0 disruptions at 3',
    object('budget', 'spec', { ...goodChart.budget.spec, maxUnavailable: undefined, minAvailable: '100%' }),
  ],
  ['H05-topology-spread', 'not spread over zones', object('deployment', `${pod}.topologySpreadConstraints`, [])],
  [
    'H05-topology-spread',
    'pods wait',
    object('deployment', `${pod}.topologySpreadConstraints.0.whenUnsatisfiable`, 'DoNotSchedule'),
  ],
  [
    'H05-topology-spread',
    'old revision',
    object('deployment', `${pod}.topologySpreadConstraints.1.matchLabelKeys`, undefined),
  ],
  [
    'H05-topology-spread',
    'one pod per zone',
    object('deployment', `${pod}.affinity`, {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'topology.kubernetes.io/zone' }],
      },
    }),
  ],
  ['H06-pod-security', 'may run as root', object('deployment', `${pod}.securityContext.runAsNonRoot`, false)],
  ['H06-pod-security', 'runs as user 1000', object('deployment', `${pod}.securityContext.runAsUser`, 1_000)],
  ['H06-pod-security', 'seccomp unset', object('deployment', `${pod}.securityContext.seccompProfile`, undefined)],
  [
    'H06-pod-security',
    'keeps capabilities',
    object('deployment', `${container}.securityContext.capabilities.drop`, ['NET_RAW']),
  ],
  [
    'H06-pod-security',
    'may gain privileges',
    object('deployment', `${container}.securityContext.allowPrivilegeEscalation`, undefined),
  ],
  ['H06-pod-security', 'may write', object('deployment', `${container}.securityContext.readOnlyRootFilesystem`, false)],
  ['H06-pod-security', "uses the host's network", object('deployment', `${pod}.hostNetwork`, true)],
  [
    'H07-service-accounts',
    'mounts a service account token',
    object('deployment', `${pod}.automountServiceAccountToken`, undefined),
  ],
  ['H07-service-accounts', 'default service account', object('deployment', `${pod}.serviceAccountName`, 'default')],
  [
    'H07-service-accounts',
    'grants a wildcard',
    withObject({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'all', labels: { 'app.kubernetes.io/part-of': 'headend' } },
      rules: [{ verbs: ['*'], resources: ['pods'] }],
    }),
  ],
  ['H07-service-accounts', 'no Pod Security level', object('namespace', 'metadata.labels', {})],
  ['H08-network-policies', 'denies all by default', withoutObject('denyAll')],
  [
    'H08-network-policies',
    'lets pods reach 169.254.169.254',
    withObject({
      ...goodChart.denyAll,
      metadata: { ...goodChart.denyAll.metadata, name: 'world' },
      spec: { egress: [{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }] },
    }),
  ],
  ['H08-network-policies', 'goes to container port', object('service', 'spec.ports.0.targetPort', 80)],
  ['H08-network-policies', 'no NetworkPolicy applies', object('deployment', `${pod}.hostNetwork`, true)],
  ['H09-images', 'runs auth:latest', object('deployment', `${container}.image`, 'auth:latest')],
  ['H10-termination', '25 s of grace for 30 s', object('deployment', `${pod}.terminationGracePeriodSeconds`, 25)],
  ['H10-termination', 'rooms need 18000', object('deployment', 'metadata.name', 'livekit')],
  ['H11-ingress', 'does not exist', object('service', 'spec.ports.0.port', 8102)],
  [
    'H11-ingress',
    'is not known',
    object('ingress', 'metadata.annotations', {
      ...goodChart.ingress.metadata.annotations,
      'nginx.ingress.kubernetes.io/rewrite-target': '/',
    }),
  ],
  [
    'H11-ingress',
    'is not known',
    object('ingress', 'metadata.annotations', {
      ...goodChart.ingress.metadata.annotations,
      'nginx.org/server-snippets': 'x',
    }),
  ],
  [
    'H11-ingress',
    'hashes what is not chat',
    object('ingress', 'metadata.annotations', {
      ...goodChart.ingress.metadata.annotations,
      'nginx.org/lb-method': 'hash $arg_streamId consistent',
    }),
  ],
  ['H11-ingress', 'has no TLS', object('ingress', 'metadata.annotations', { 'nginx.org/limit-req-rate': '20r/s' })],
  [
    'H11-ingress',
    'has no rate limit',
    object('ingress', 'metadata.annotations', { 'nginx.org/mergeable-ingress-type': 'minion' }),
  ],
  ['H11-ingress', 'answers every origin', object('cors', 'spec.cors.allowOrigin', ['*'])],
  ['H12-api-objects', 'is not served', object('budget', 'apiVersion', 'policy/v1beta1')],
  ['H12-api-objects', 'ends in a hash', object('service', 'metadata.name', 'auth-c8fe4c2a')],
  ['H12-api-objects', 'sets externalIPs', object('service', 'spec.externalIPs', [])],
  ['H12-api-objects', 'no app.kubernetes.io/part-of', object('service', 'metadata.labels', {})],
  ['H13-cluster', 'runs Kubernetes 1.33', resource('cluster', 'properties.Version', '1.33')],
  [
    'H13-cluster',
    'open to every address',
    resource('cluster', 'properties.ResourcesVpcConfig', { EndpointPublicAccess: true }),
  ],
  ['H13-cluster', 'logs only', resource('cluster', 'properties.Logging', undefined)],
  ['H13-cluster', 'access entries', resource('cluster', 'properties.AccessConfig.AuthenticationMode', 'CONFIG_MAP')],
  [
    'H13-cluster',
    'its creator an administrator',
    resource('cluster', 'properties.AccessConfig.BootstrapClusterCreatorAdminPermissions', true),
  ],
  ['H13-cluster', 'no key of ours', resource('cluster', 'properties.EncryptionConfig', undefined)],
  ['H13-cluster', 'may be deleted', resource('cluster', 'properties.DeletionProtection', false)],
  ['H13-cluster', 'extended support', resource('cluster', 'properties.UpgradePolicy', undefined)],
  ['H13-cluster', 'is not pinned', resource('addon', 'properties.AddonVersion', undefined)],
  ['H13-cluster', 'ignores them', resource('addon', 'properties.ConfigurationValues', '{}')],
  ['H13-cluster', 'AMI type AL2_ARM_64', resource('nodegroup', 'properties.AmiType', 'AL2_ARM_64')],
  ['H13-cluster', 'forces updates', resource('nodegroup', 'properties.ForceUpdateEnabled', true)],
  ['H13-cluster', 'Spot in 1 types', resource('nodegroup', 'properties.InstanceTypes', ['a'])],
  ['H13-cluster', 'any pod may land on', resource('nodegroup', 'properties.Taints', [])],
  [
    'H13-cluster',
    'answers IMDSv1',
    resource('launchTemplate', 'properties.LaunchTemplateData.MetadataOptions', undefined),
  ],
  [
    'H13-cluster',
    'disk that is not encrypted',
    resource('launchTemplate', 'properties.LaunchTemplateData.BlockDeviceMappings.0.Ebs', {}),
  ],
  [
    'H14-security-groups',
    'tcp 5432-5432 is open',
    resource('mediaGroup', 'properties.SecurityGroupIngress', world('tcp', 5_432)),
  ],
  ['H14-security-groups', 'udp 50000-60000 is open', resource('mediaGroup', 'path', 'Home/AppGroup')],
  ['H15-relational-database', 'is not encrypted', resource('database', 'properties.StorageEncrypted', false)],
  ['H15-relational-database', 'public address', resource('replica', 'properties.PubliclyAccessible', undefined)],
  ['H15-relational-database', 'without TLS', resource('databaseParameters', 'properties.Parameters', {})],
  [
    'H15-relational-database',
    'Performance Insights',
    resource('database', 'properties.EnablePerformanceInsights', false),
  ],
  ['H15-relational-database', 'exports no log', resource('database', 'properties.EnableCloudwatchLogsExports', [])],
  ['H15-relational-database', 'runs in one AZ', resource('database', 'properties.MultiAZ', false)],
  ['H15-relational-database', 'keeps 1 days', resource('database', 'properties.BackupRetentionPeriod', 1)],
  ['H15-relational-database', 'may be deleted', resource('database', 'properties.DeletionProtection', false)],
  ['H15-relational-database', 'lost with its stack', resource('database', 'deletionPolicy', 'Delete')],
  ['H15-relational-database', 'never rotated', withoutResource('rotation')],
  ['H15-relational-database', 'has 0 read replicas', withoutResource('replica')],
  ['H16-redis', 'without TLS', resource('applicationRedis', 'properties.TransitEncryptionEnabled', false)],
  ['H16-redis', 'at rest', resource('applicationRedis', 'properties.AtRestEncryptionEnabled', false)],
  ['H16-redis', 'no password', resource('applicationRedis', 'properties.UserGroupIds', undefined)],
  ['H16-redis', 'does not fail over', resource('livekitRedis', 'properties.AutomaticFailoverEnabled', false)],
  ['H16-redis', 'in one AZ', resource('livekitRedis', 'properties.MultiAZEnabled', false)],
  ['H16-redis', 'has 1 node', resource('livekitRedis', 'properties.ReplicasPerNodeGroup', 0)],
  ['H16-redis', 'default subnets', resource('livekitRedis', 'properties.CacheSubnetGroupName', undefined)],
  ['H16-redis', 'keeps no snapshot', resource('livekitRedis', 'properties.SnapshotRetentionLimit', 0)],
  ['H16-redis', "shares the application's Redis", withoutResource('livekitRedis')],
  [
    'H17-buckets',
    'block public access',
    resource('recordings', 'properties.PublicAccessBlockConfiguration.BlockPublicAcls', false),
  ],
  ['H17-buckets', 'is not encrypted', resource('recordings', 'properties.BucketEncryption', undefined)],
  ['H17-buckets', 'answers plain HTTP', withoutResource('recordingsPolicy')],
  [
    'H17-buckets',
    'neither versions nor expires',
    resource('recordings', 'properties.VersioningConfiguration', undefined),
  ],
  [
    'H17-buckets',
    'uploads that never ended',
    resource('logs', 'properties.LifecycleConfiguration.Rules.0.AbortIncompleteMultipartUpload', undefined),
  ],
  [
    'H17-buckets',
    'archives without saying which sizes',
    resource('recordings', 'properties.LifecycleConfiguration.Rules.1.ObjectSizeGreaterThan', undefined),
  ],
  ['H17-buckets', 'logs no access', resource('recordings', 'properties.LoggingConfiguration', undefined)],
  ['H18-least-privilege', 'allows s3:*', resource('role', 'properties.PolicyDocument.Statement.0.Action', 's3:*')],
  ['H18-least-privilege', 'on every resource', resource('role', 'properties.PolicyDocument.Statement.0.Resource', '*')],
  ['H19-edge', 'has no web ACL', resource('distribution', `${distribution}.WebACLId`, undefined)],
  ['H19-edge', 'allows TLSv1', resource('distribution', `${distribution}.ViewerCertificate`, {})],
  ['H19-edge', 'no access log', resource('distribution', `${distribution}.Logging`, undefined)],
  [
    'H19-edge',
    'origin home has no shield',
    resource('distribution', `${distribution}.Origins.0.OriginShield`, undefined),
  ],
  [
    'H19-edge',
    'answers plain HTTP',
    resource('distribution', `${distribution}.DefaultCacheBehavior.ViewerProtocolPolicy`, 'allow-all'),
  ],
  ['H19-edge', 'may be cached for 60 s', resource('shortPolicy', 'properties.CachePolicyConfig.MaxTTL', 60)],
  ['H19-edge', 'may be cached for 1 s only', resource('longPolicy', 'properties.CachePolicyConfig.MinTTL', 1)],
  ['H19-edge', 'caches errors for ten seconds', resource('distribution', `${distribution}.CustomErrorResponses`, [])],
  ['H19-edge', 'uses no managed group', resource('acl', 'properties.Rules', [])],
  ['H19-edge', 'keeps no log', withoutResource('aclLog')],
  ['H20-operability', 'has 451 resources', stack({ resourceCount: 451 })],
  ['H20-operability', 'has 800001 bytes', stack({ templateBytes: 800_001 })],
  ['H20-operability', 'manifest auth has 200001 bytes', stack({ manifestBytes: new Map([['auth', 200_001]]) })],
  ['H20-operability', 'keeps its logs for ever', resource('logGroup', 'properties', {})],
  ['H20-operability', 'keeps its logs for ever', resource('lambda', 'properties', {})],
  ['H20-operability', 'tells nobody', resource('alarm', 'properties', {})],
  ['H20-operability', 'has no ResourceQuota', withoutObject('quota')],
  ['H22-room', 'names no node pool', object('deployment', `${pod}.affinity`, {})],
  ['H22-room', 'mCPU with a zone gone, its pods ask for 10000', object('autoscaler', 'spec.maxReplicas', 40)],
  ['H22-room', 'MiB with a zone gone', object('deployment', `${container}.resources.requests.memory`, '4Gi')],
  ['H22-room', 'its pods ask for 3000', withoutObject('nodePool')],
  ['H21-retired-ingress-controller', 'installs ingress-nginx', release({ chart: 'ingress-nginx' })],
  ['H21-retired-ingress-controller', 'without a version', release({ version: undefined })],
];

describe('the policy', () => {
  test('finds nothing in a subject that breaks no rule', () => {
    expect(ownFindings(good)).toEqual([]);
  });

  test.each(broken)('%s catches: %s', (rule, says, subject) => {
    expect(ownFindings(subject)).toContainEqual(
      expect.objectContaining({ rule, detail: expect.stringContaining(says), where: expect.stringMatching(/./) }),
    );
  });

  test('has a breaking test for every rule, and ids, reasons and fixes that differ', () => {
    const ids = rules.map(({ id }) => id);
    expect([...new Set(broken.map(([rule]) => rule))].sort()).toEqual([...ids].sort());
    for (const key of ['id', 'reason', 'fix'] as const) {
      expect(new Set(rules.map((rule) => rule[key])).size).toBe(rules.length);
    }
  });
});
