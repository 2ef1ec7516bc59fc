import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { type AlarmSpec, fiveMinutes, minute } from './alarm';

export interface DatabaseAlarmsProps {
  readonly writer: string;
  /** One identifier per read replica. */
  readonly replicas: readonly string[];
  readonly storageGiB: number;
}

const gib = 1024 ** 3;
/** The services' pool drops a replica at this lag and reads from the writer. */
const replicaLagLimitSeconds = 2;

const rds = (metricName: string, instance: string, statistic: string, period = minute) =>
  new Metric({
    namespace: 'AWS/RDS',
    metricName,
    dimensionsMap: { DBInstanceIdentifier: instance },
    statistic,
    period,
  });

/** PostgreSQL: saturation before it hurts, and replicas that no longer help. */
export function databaseAlarms({ writer, replicas, storageGiB }: DatabaseAlarmsProps): AlarmSpec[] {
  return [
    {
      name: 'database-cpu',
      meaning: 'The PostgreSQL writer has been above 80 % CPU for ten minutes: logins and API calls slow down next.',
      metric: rds('CPUUtilization', writer, Stats.AVERAGE),
      threshold: 80,
      datapoints: [10, 10],
    },
    {
      name: 'database-storage',
      meaning:
        'Less than a tenth of the first allocation is free: autoscaling of storage did not keep up or hit its end.',
      metric: rds('FreeStorageSpace', writer, Stats.MINIMUM, fiveMinutes),
      threshold: (storageGiB * gib) / 10,
      badWhen: 'below',
      datapoints: [1, 1],
    },
    {
      name: 'database-memory',
      meaning: 'The PostgreSQL writer has less than 256 MiB of freeable memory: it will start to swap.',
      metric: rds('FreeableMemory', writer, Stats.AVERAGE, fiveMinutes),
      threshold: gib / 4,
      badWhen: 'below',
      datapoints: [3, 3],
    },
    {
      name: 'database-disk-queue',
      meaning: 'I/O waits in line on the PostgreSQL writer: its volume is at its limit.',
      metric: rds('DiskQueueDepth', writer, Stats.AVERAGE),
      threshold: 64,
      datapoints: [10, 15],
    },
    ...replicas.map((replica, index) => ({
      name: 'replica-lag',
      instance: String(index + 1),
      meaning: `A read replica lags more than ${replicaLagLimitSeconds} s: services have dropped it and read from the writer.`,
      metric: rds('ReplicaLag', replica, Stats.MAXIMUM),
      threshold: replicaLagLimitSeconds,
      datapoints: [5, 5] as const,
      missingIsBad: true,
    })),
  ];
}
