import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { type AlarmSpec, minute } from './alarm';

/** Container Insights metrics of one cluster, published by the observability add-on. */
export function nodeAlarms(clusterName: string): AlarmSpec[] {
  const insights = (metricName: string, statistic: string) =>
    new Metric({
      namespace: 'ContainerInsights',
      metricName,
      dimensionsMap: { ClusterName: clusterName },
      statistic,
      period: minute,
    });
  return [
    {
      name: 'node-failed',
      meaning: 'A node has been failing its health checks for five minutes.',
      metric: insights('cluster_failed_node_count', Stats.MAXIMUM),
      threshold: 0,
      datapoints: [5, 5],
    },
    {
      name: 'node-memory',
      meaning: 'A node is over 90 % of its memory: pods are evicted next.',
      metric: insights('node_memory_utilization', Stats.MAXIMUM),
      threshold: 90,
      datapoints: [5, 5],
    },
    {
      name: 'node-disk',
      meaning: "A node's disk is over 85 % full: the kubelet starts to evict pods and delete images.",
      metric: insights('node_filesystem_utilization', Stats.MAXIMUM),
      threshold: 85,
      datapoints: [5, 5],
    },
    {
      name: 'pods-pending',
      meaning: 'Pods have waited ten minutes for a node: the node groups or NodePools are at their limit.',
      metric: insights('pod_status_pending', Stats.MAXIMUM),
      threshold: 0,
      datapoints: [10, 10],
    },
  ];
}
