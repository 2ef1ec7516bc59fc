import { Stack, type StackProps } from 'aws-cdk-lib';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { AlarmSet, fiveMinutes } from '../../constructs/observability/alarm';
import { AlarmTopic } from '../../constructs/observability/alarm-topic';
import { Budget } from '../../constructs/observability/budget';
import { byteOffload } from '../../constructs/observability/byte-offload';
import { cacheHitAlarmPercent, distributionMetric, edgeAlarms } from '../../constructs/observability/edge-alarms';
import { type Graph, PlatformDashboard } from '../../constructs/observability/platform-dashboard';
import type { RegionName } from '../../runtime/shared/regions';
import { cacheHitRequestFloor } from '../capacity/delivery';
import type { Config } from '../config/config';
import { systemName } from '../config/names';
import type { EdgeStack } from './edge';

export interface EdgeObservabilityStackProps extends StackProps {
  readonly config: Config;
  readonly edge: EdgeStack;
  readonly hlsBucketName: (region: RegionName) => string;
  /** The tag every resource of the deployment carries. */
  readonly costTag: { readonly key: string; readonly value: string };
}

/** What is global has its metrics in us-east-1, and so its alarms, topic and dashboard. */
export class EdgeObservabilityStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { config, edge, hlsBucketName, costTag, ...props }: EdgeObservabilityStackProps,
  ) {
    super(scope, id, props);
    const prefix = `${systemName(config)}-edge`;
    const { topic } = new AlarmTopic(this, 'Topic', {
      displayName: `${prefix} alarms`,
      ...(config.alarmEmail && { email: config.alarmEmail }),
    });
    const alarms = new AlarmSet(this, 'Alarms', {
      prefix,
      topic,
      alarms: edgeAlarms({
        services: edge.services.distribution,
        ...(edge.media && { media: edge.media.distribution }),
        certificate: edge.certificate,
        webAcls: edge.webAcls.map(({ metricName }) => metricName),
        cacheHitRequestFloor: cacheHitRequestFloor({
          streams: config.tier.audience.broadcasts,
          hitRate: cacheHitAlarmPercent / 100,
          periodSeconds: fiveMinutes.toSeconds(),
        }),
      }),
    });
    new Budget(this, 'Budget', {
      name: `${systemName(config)}-budget`,
      monthlyUsd: config.tier.operations.monthlyBudgetUsd,
      tag: costTag,
      topic,
    });
    new PlatformDashboard(this, 'Dashboard', {
      name: prefix,
      introduction: `# ${config.name} ${config.environment}: edge\nEach alarm names its runbook. Every region has a dashboard of its own.`,
      alarms,
      graphs: this.graphs(edge, config, hlsBucketName),
    });
  }

  private graphs(edge: EdgeStack, config: Config, hlsBucketName: (region: RegionName) => string): Graph[] {
    const services = edge.services.distribution;
    const media = edge.media?.distribution;
    return [
      {
        title: 'API and web: requests and errors',
        left: [distributionMetric(services, 'Requests', Stats.SUM)],
        right: [
          distributionMetric(services, '4xxErrorRate', Stats.AVERAGE),
          distributionMetric(services, '5xxErrorRate', Stats.AVERAGE),
        ],
      },
      ...(media
        ? [
            {
              title: 'Media: requests and hit rate',
              left: [distributionMetric(media, 'Requests', Stats.SUM)],
              right: [distributionMetric(media, 'CacheHitRate', Stats.AVERAGE)],
            },
            {
              title: 'Media: bytes and byte offload',
              left: [distributionMetric(media, 'BytesDownloaded', Stats.SUM)],
              right: [
                byteOffload(
                  media,
                  config.fleet.map((region) => ({ region, bucketName: hlsBucketName(region) })),
                ),
              ],
            },
          ]
        : []),
    ];
  }
}
