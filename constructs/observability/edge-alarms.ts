import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { Distribution, IDistribution } from 'aws-cdk-lib/aws-cloudfront';
import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { type AlarmSpec, fiveMinutes } from './alarm';
import { certificateAlarm } from './certificate-alarm';

/** Broken keys or TTLs push the rate far below this; a fragmented audience does not, above the request floor. */
export const cacheHitAlarmPercent = 50;

/** CloudFront publishes its metrics in us-east-1 under this pseudo region. */
export function distributionMetric({ distributionId }: IDistribution, metricName: string, statistic: string): Metric {
  return new Metric({
    namespace: 'AWS/CloudFront',
    metricName,
    dimensionsMap: { DistributionId: distributionId, Region: 'Global' },
    statistic,
    period: fiveMinutes,
  });
}

export interface EdgeAlarmsProps {
  readonly services: Distribution;
  /** @default - Cloudflare delivers the media */
  readonly media?: Distribution;
  readonly certificate: ICertificate;
  /** `WebACL` dimensions of the web ACLs' metrics. */
  readonly webAcls: readonly string[];
  /**
   * Requests in five minutes below which the hit rate says nothing: with few viewers per rendition most requests are
   * the first of their kind.
   */
  readonly cacheHitRequestFloor: number;
}

export function edgeAlarms(props: EdgeAlarmsProps): AlarmSpec[] {
  return [
    errorAlarm('services', props.services),
    ...(props.media ? [errorAlarm('media', props.media), cacheHitAlarm(props.media, props.cacheHitRequestFloor)] : []),
    certificateAlarm(props.certificate.certificateArn),
    ...props.webAcls.map(blockAlarm),
  ];
}

function errorAlarm(instance: string, distribution: IDistribution): AlarmSpec {
  return {
    name: 'edge-errors',
    instance,
    meaning: `More than 1 % of the answers of the ${instance} distribution are 5xx.`,
    metric: distributionMetric(distribution, '5xxErrorRate', Stats.AVERAGE),
    threshold: 1,
    datapoints: [2, 3],
  };
}

/** The rate counts only above the floor; below it the expression yields 100. */
function cacheHitAlarm(media: IDistribution, requestFloor: number): AlarmSpec {
  return {
    name: 'cache-hit-rate',
    meaning: `With enough viewers to share objects, the edge answers under ${cacheHitAlarmPercent} % of media requests itself.`,
    metric: new MathExpression({
      expression: `IF(requests > ${requestFloor}, rate, 100)`,
      usingMetrics: {
        requests: distributionMetric(media, 'Requests', Stats.SUM),
        rate: distributionMetric(media, 'CacheHitRate', Stats.AVERAGE),
      },
      period: fiveMinutes,
      label: 'cache hit rate above the request floor',
    }),
    threshold: cacheHitAlarmPercent,
    badWhen: 'below',
    datapoints: [3, 3],
  };
}

function blockAlarm(webAcl: string, index: number): AlarmSpec {
  return {
    name: 'waf-blocks',
    instance: String(index + 1),
    meaning: 'The web ACL blocks more than 1,000 requests in five minutes: an attack, or a rule that hits customers.',
    metric: new Metric({
      namespace: 'AWS/WAFV2',
      metricName: 'BlockedRequests',
      dimensionsMap: { WebACL: webAcl, Rule: 'ALL' },
      statistic: Stats.SUM,
      period: fiveMinutes,
    }),
    threshold: 1_000,
    datapoints: [2, 2],
  };
}
