import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { type WatchedMetric, watchedMetrics, watchedMetricsNamespace } from '../../runtime/shared/watched-metrics';
import { type AlarmSpec, minute } from './alarm';

/** A metric of our own processes, as the collector publishes it. */
export function platformMetric({ name, service, label }: WatchedMetric, statistic: string): Metric {
  return new Metric({
    namespace: watchedMetricsNamespace,
    metricName: name,
    dimensionsMap: { service, ...(label && { [label.name]: label.value }) },
    statistic,
    period: minute,
  });
}

/** What only the platform itself can tell: broadcasts refused, pictures late, chat lost. */
export function platformAlarms(): AlarmSpec[] {
  return [
    {
      name: 'ingest-refusals',
      meaning: 'Encoders are being refused: wrong keys in bulk, or keys that cannot be checked.',
      metric: platformMetric(watchedMetrics.ingestRefusals, Stats.SUM),
      threshold: 20,
      datapoints: [5, 5],
    },
    {
      name: 'capacity-refusals',
      meaning: 'A broadcast was refused because no packager had a free slot.',
      metric: platformMetric(watchedMetrics.capacityRefusals, Stats.SUM),
      threshold: 0,
      datapoints: [1, 1],
    },
    {
      name: 'packager-lag',
      meaning: 'A packager publishes segments more than 6 s after they were due: players stall.',
      metric: platformMetric(watchedMetrics.packagerLag, Stats.MAXIMUM),
      threshold: 6,
      datapoints: [3, 5],
    },
    {
      name: 'chat-queue-drops',
      meaning: 'Chat cuts sockets that cannot keep up with their room: viewers reconnect and catch up.',
      metric: platformMetric(watchedMetrics.chatDrops, Stats.SUM),
      threshold: 100,
      datapoints: [5, 5],
    },
  ];
}
