import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { AlarmSet, type AlarmSpec } from '../../constructs/observability/alarm';
import { AlarmTopic } from '../../constructs/observability/alarm-topic';
import { type CacheGroup, cacheAlarms } from '../../constructs/observability/cache-alarms';
import { certificateAlarm } from '../../constructs/observability/certificate-alarm';
import { type DatabaseAlarmsProps, databaseAlarms } from '../../constructs/observability/database-alarms';
import { nodeAlarms } from '../../constructs/observability/node-alarms';
import { platformAlarms } from '../../constructs/observability/platform-alarms';
import { PlatformDashboard } from '../../constructs/observability/platform-dashboard';
import { type RegionName, regions } from '../../runtime/shared/regions';
import type { Config } from '../config/config';
import { systemName } from '../config/names';

export interface ObservabilityStackProps extends StackProps {
  readonly config: Config;
  readonly region: RegionName;
  readonly clusterName: string;
  /** @default - an ingest cell has no database */
  readonly database?: DatabaseAlarmsProps;
  readonly caches: readonly CacheGroup[];
  /**
   * Certificate of the public load balancer: RTMPS and TURN end there.
   *
   * @default - its expiry is not watched
   */
  readonly certificateArn?: string;
}

/** Alarms, topic and dashboard of one region. */
export class ObservabilityStack extends Stack {
  constructor(scope: Construct, id: string, props: ObservabilityStackProps) {
    super(scope, id, props);
    const { config, region } = props;
    const prefix = `${systemName(config)}-${region}`;
    const { topic } = new AlarmTopic(this, 'Topic', {
      displayName: `${prefix} alarms`,
      ...(config.alarmEmail && { email: config.alarmEmail }),
    });
    const families = {
      Broadcasts: platformAlarms(),
      Nodes: nodeAlarms(props.clusterName),
      ...(props.certificateArn && { Certificate: [certificateAlarm(props.certificateArn)] }),
      ...(props.database && { PostgreSQL: databaseAlarms(props.database) }),
      ...Object.fromEntries(props.caches.map((cache) => [`Redis, ${cache.role}`, cacheAlarms(cache)])),
    };
    const alarms = new AlarmSet(this, 'Alarms', { prefix, topic, alarms: Object.values(families).flat() });
    new PlatformDashboard(this, 'Dashboard', {
      name: prefix,
      introduction: `# ${config.name} ${config.environment}: ${regions[region].displayName}\nEach alarm names its runbook. The edge has a dashboard of its own in us-east-1.`,
      alarms,
      graphs: Object.entries(families).flatMap(([family, specs]) => specs.map((spec) => graphOf(family, spec))),
    });
  }
}

const graphOf = (family: string, { name, instance, metric }: AlarmSpec) => ({
  title: [family, name, instance].filter(Boolean).join(' · '),
  left: [metric],
});
