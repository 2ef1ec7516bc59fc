import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { type AlarmSpec, minute } from './alarm';

export interface CacheGroup {
  /** `application` or `livekit`. */
  readonly role: string;
  readonly replicationGroupId: string;
  readonly clusterMode: boolean;
  readonly shards: number;
  readonly replicasPerShard: number;
}

/** Names ElastiCache gives the nodes of one shard; they outlive a failover (Amazon ElastiCache User Guide). */
export function cacheNodeIds(
  { replicationGroupId, clusterMode, replicasPerShard }: CacheGroup,
  shard: number,
): string[] {
  const digits = (value: number, width: number) => String(value).padStart(width, '0');
  const prefix = clusterMode ? `${replicationGroupId}-${digits(shard, 4)}` : replicationGroupId;
  return Array.from({ length: replicasPerShard + 1 }, (_, index) => `${prefix}-${digits(index + 1, 3)}`);
}

/** The worst node of one shard. Alarms may not search for metrics, so the nodes are named. */
function worstNode(group: CacheGroup, shard: number, metricName: string, statistic: string): MathExpression {
  const metrics = cacheNodeIds(group, shard).map(
    (node) =>
      new Metric({
        namespace: 'AWS/ElastiCache',
        metricName,
        dimensionsMap: { CacheClusterId: node },
        statistic,
        period: minute,
      }),
  );
  return new MathExpression({
    expression: `MAX([${metrics.map((_, index) => `node${index}`).join(', ')}])`,
    usingMetrics: Object.fromEntries(metrics.map((metric, index) => [`node${index}`, metric])),
    period: minute,
    label: `${metricName} of ${group.role} shard ${shard}`,
  });
}

/** One Redis group, shard by shard. */
export function cacheAlarms(group: CacheGroup): AlarmSpec[] {
  return Array.from({ length: group.shards }, (_, index) => index + 1).flatMap((shard) => {
    const instance = `${group.role}-${shard}`;
    return [
      {
        name: 'redis-cpu',
        instance,
        meaning: 'A Redis node uses over 75 % of its one command thread: every caller waits longer.',
        metric: worstNode(group, shard, 'EngineCPUUtilization', Stats.AVERAGE),
        threshold: 75,
        datapoints: [5, 5],
      },
      {
        name: 'redis-memory',
        instance,
        meaning: 'A Redis node is over 80 % full: at 100 % it refuses writes or evicts.',
        metric: worstNode(group, shard, 'DatabaseMemoryUsagePercentage', Stats.MAXIMUM),
        threshold: 80,
        datapoints: [5, 5],
      },
      {
        name: 'redis-replication',
        instance,
        meaning: 'A Redis replica lags more than 5 s: a failover now would lose that much.',
        metric: worstNode(group, shard, 'ReplicationLag', Stats.MAXIMUM),
        threshold: 5,
        datapoints: [5, 5],
      },
    ] satisfies AlarmSpec[];
  });
}
