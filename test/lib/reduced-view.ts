import type { SynthesizedStack } from './matrix/synthesize';

type Properties = Readonly<Record<string, unknown>>;

/** What a reviewer wants to see of a tier, small enough to be read in one sitting. */
export function reducedView(stacks: readonly SynthesizedStack[]) {
  const all = stacks.flatMap(({ stackName, template }) =>
    Object.entries(template.Resources).map(([id, { Type, Properties }]) => ({
      stack: stackName,
      id,
      type: Type,
      properties: (Properties ?? {}) as Properties,
    })),
  );
  const of = (type: string) => all.filter((resource) => resource.type === type);
  const lines = (type: string, show: (properties: Properties, id: string) => string) =>
    of(type)
      .map(({ properties, id }) => show(properties, id))
      .sort();

  return {
    resources: Object.fromEntries(stacks.map(({ stackName, template }) => [stackName, countByService(template)])),
    nodeGroups: lines('AWS::EKS::Nodegroup', ({ CapacityType, InstanceTypes, Labels, ScalingConfig }) => {
      const { MinSize, MaxSize } = ScalingConfig as Record<string, number>;
      const { workload } = Labels as Record<string, string>;
      return `${workload} ${CapacityType} ${MinSize}–${MaxSize} × ${(InstanceTypes as string[]).join(' | ')}`;
    }),
    databases: [
      ...lines(
        'AWS::RDS::DBInstance',
        ({ DBInstanceClass, AllocatedStorage, MultiAZ, BackupRetentionPeriod }, id) =>
          `PostgreSQL ${id.replace(/[0-9A-F]{8}$/, '')} ${DBInstanceClass}${MultiAZ ? `, Multi-AZ, ${AllocatedStorage} GiB, backups ${BackupRetentionPeriod} days` : ''}`,
      ),
      ...lines('AWS::DocDB::DBInstance', ({ DBInstanceClass }) => `DocumentDB ${DBInstanceClass}`),
      ...lines(
        'AWS::ElastiCache::ReplicationGroup',
        ({ ReplicationGroupDescription, CacheNodeType, NumNodeGroups, ReplicasPerNodeGroup, ClusterMode }) =>
          `${ReplicationGroupDescription}: ${CacheNodeType}, ${NumNodeGroups} shard(s), ${ReplicasPerNodeGroup} replica(s), cluster mode ${ClusterMode}`,
      ),
    ],
    helmReleases: lines('Custom::AWSCDK-EKS-HelmChart', ({ Release, Version }) => `${Release} ${Version}`),
    podIdentities: Object.fromEntries(
      of('AWS::EKS::PodIdentityAssociation').map(({ properties: { Namespace, ServiceAccount, RoleArn } }) => [
        `${Namespace}/${ServiceAccount}`,
        actionsOf(logicalId(RoleArn), all),
      ]),
    ),
    alarms: lines('AWS::CloudWatch::Alarm', ({ AlarmName }) => String(AlarmName)),
    pods: of('Custom::AWSCDK-EKS-KubernetesResource').flatMap(({ properties: { Manifest } }) => podsOf(Manifest)),
  };
}

function countByService({ Resources }: SynthesizedStack['template']): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { Type } of Object.values(Resources)) {
    const service = Type.split('::').slice(0, 2).join('::');
    counts[service] = (counts[service] ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => a.localeCompare(b)));
}

const logicalId = (reference: unknown) => (reference as { 'Fn::GetAtt': [string] })['Fn::GetAtt'][0];

function actionsOf(role: string, all: readonly { readonly type: string; readonly properties: Properties }[]): string[] {
  const policies = all.filter(
    ({ type, properties }) =>
      type === 'AWS::IAM::Policy' && ((properties.Roles ?? []) as { Ref?: string }[]).some(({ Ref }) => Ref === role),
  );
  const statements = policies.flatMap(
    ({ properties }) => (properties.PolicyDocument as { Statement: { Action: string | string[] }[] }).Statement,
  );
  return [...new Set(statements.flatMap(({ Action }) => Action))].sort();
}

interface Workload {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: {
    readonly replicas?: number;
    readonly minReplicas?: number;
    readonly maxReplicas?: number;
    readonly scaleTargetRef?: { readonly name: string };
    readonly template?: { readonly spec: { readonly containers: readonly { readonly resources?: unknown }[] } };
  };
}

/** Replicas and size of every workload in a manifest; references in it show as `…`. */
function podsOf(manifest: unknown): string[] {
  const text = typeof manifest === 'string' ? manifest : joined(manifest);
  return (JSON.parse(text) as Workload[]).flatMap(({ kind, metadata: { name }, spec }) => {
    if (kind === 'HorizontalPodAutoscaler') {
      return [`${spec.scaleTargetRef?.name}: ${spec.minReplicas}–${spec.maxReplicas} by CPU`];
    }
    if (!['Deployment', 'StatefulSet', 'Job'].includes(kind)) return [];
    const [container] = spec.template?.spec.containers ?? [];
    return [
      `${name}: ${kind}, ${spec.replicas ?? (kind === 'Job' ? 'once' : 'scaled')}, ${JSON.stringify(container?.resources)}`,
    ];
  });
}

function joined(value: unknown): string {
  const parts = (value as { 'Fn::Join': [string, unknown[]] })['Fn::Join'][1];
  return parts.map((part) => (typeof part === 'string' ? part : '…')).join('');
}
