import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { AlarmSet, type AlarmSpec } from '../../../constructs/observability/alarm';
import { AlarmTopic } from '../../../constructs/observability/alarm-topic';
import { byteOffload } from '../../../constructs/observability/byte-offload';
import { cacheAlarms, cacheNodeIds } from '../../../constructs/observability/cache-alarms';
import { databaseAlarms } from '../../../constructs/observability/database-alarms';
import { edgeAlarms } from '../../../constructs/observability/edge-alarms';
import { nodeAlarms } from '../../../constructs/observability/node-alarms';
import { platformAlarms } from '../../../constructs/observability/platform-alarms';

function synthesize(alarmsOf: (stack: Stack) => readonly AlarmSpec[]): Template {
  const stack = new Stack(new App(), 'Alarms', { env: { account: '111111111111', region: 'us-east-1' } });
  const { topic } = new AlarmTopic(stack, 'Topic', { displayName: 'alarms', email: 'oncall@example.com' });
  new AlarmSet(stack, 'Alarms', { prefix: 'headend-prod', topic, alarms: alarmsOf(stack) });
  return Template.fromStack(stack);
}

const namesIn = (template: Template) =>
  Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties.AlarmName);

describe('an alarm', () => {
  const template = synthesize(() => platformAlarms());

  test('tells the topic when it starts and when it is over, names its runbook, and takes silence for health', () => {
    template.allResourcesProperties('AWS::CloudWatch::Alarm', {
      AlarmActions: [{ Ref: Match.stringLikeRegexp('^Topic') }],
      OKActions: [{ Ref: Match.stringLikeRegexp('^Topic') }],
      AlarmDescription: Match.stringLikeRegexp('Runbook: docs/runbooks/[a-z-]+\\.md$'),
      TreatMissingData: 'notBreaching',
    });
  });

  test('reaches people by e-mail, over an encrypted topic that CloudWatch and Budgets may use', () => {
    template.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'oncall@example.com' });
    template.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: Match.anyValue() });
    for (const service of ['cloudwatch.amazonaws.com', 'budgets.amazonaws.com']) {
      template.hasResourceProperties('AWS::KMS::Key', {
        KeyPolicy: { Statement: Match.arrayWith([Match.objectLike({ Principal: { Service: service } })]) },
      });
    }
  });
});

describe('the alarms of the platform', () => {
  test('watch refusals, capacity, lag and dropped chat', () => {
    const template = synthesize(() => platformAlarms());
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'headend-prod-capacity-refusals',
      Namespace: 'Headend',
      MetricName: 'headend_ingest_capacity_refusals_total',
      Dimensions: [{ Name: 'service', Value: 'ingest' }],
      Threshold: 0,
      EvaluationPeriods: 1,
    });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'headend-prod-chat-queue-drops',
      Dimensions: [
        { Name: 'reason', Value: 'slow' },
        { Name: 'service', Value: 'chat' },
      ],
    });
  });
});

describe('the alarms of PostgreSQL', () => {
  test('watch the writer, and each replica, whose silence is a failure', () => {
    const template = synthesize(() => databaseAlarms({ writer: 'writer', replicas: ['one', 'two'], storageGiB: 100 }));
    expect(namesIn(template).sort()).toEqual([
      'headend-prod-database-cpu',
      'headend-prod-database-disk-queue',
      'headend-prod-database-memory',
      'headend-prod-database-storage',
      'headend-prod-replica-lag-1',
      'headend-prod-replica-lag-2',
    ]);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'headend-prod-replica-lag-2',
      Dimensions: [{ Name: 'DBInstanceIdentifier', Value: 'two' }],
      TreatMissingData: 'breaching',
    });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'headend-prod-database-storage',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 10 * 1024 ** 3,
    });
  });
});

describe('the alarms of Redis', () => {
  const group = { role: 'application', replicationGroupId: 'app', clusterMode: true, shards: 4, replicasPerShard: 2 };

  test('name nodes as ElastiCache does, with and without cluster mode', () => {
    expect(cacheNodeIds(group, 2)).toEqual(['app-0002-001', 'app-0002-002', 'app-0002-003']);
    expect(cacheNodeIds({ ...group, clusterMode: false, replicasPerShard: 1 }, 1)).toEqual(['app-001', 'app-002']);
  });

  test('take the worst node of each shard, within the ten metrics an alarm may read', () => {
    const template = synthesize(() => cacheAlarms(group));
    expect(namesIn(template)).toHaveLength(4 * 3);
    for (const { Properties } of Object.values(template.findResources('AWS::CloudWatch::Alarm'))) {
      expect(Properties.Metrics.length).toBeLessThanOrEqual(10);
      expect(Properties.Metrics[0].Expression).toBe('MAX([node0, node1, node2])');
    }
  });
});

describe('the alarms of the nodes', () => {
  test('read Container Insights of their own cluster', () => {
    synthesize(() => nodeAlarms('headend-prod-eu-west-1')).allResourcesProperties('AWS::CloudWatch::Alarm', {
      Namespace: 'ContainerInsights',
      Dimensions: [{ Name: 'ClusterName', Value: 'headend-prod-eu-west-1' }],
    });
  });
});

describe('the alarms of the edge', () => {
  const distributions = (stack: Stack) => {
    const make = (id: string) =>
      new Distribution(stack, id, { defaultBehavior: { origin: new HttpOrigin('example.com') } });
    return { services: make('Services'), media: make('Media') };
  };
  const template = synthesize((stack) =>
    edgeAlarms({
      ...distributions(stack),
      certificate: Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:us-east-1:1:certificate/1'),
      webAcls: ['service', 'media'],
      cacheHitRequestFloor: 1_000,
    }),
  );

  test('judge the hit rate only above the floor of requests', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'headend-prod-cache-hit-rate',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 50,
      Metrics: Match.arrayWith([Match.objectLike({ Expression: 'IF(requests > 1000, rate, 100)' })]),
    });
  });

  test('count blocks of the whole web ACL, and days of the certificate', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'headend-prod-waf-blocks-2',
      Dimensions: [
        { Name: 'Rule', Value: 'ALL' },
        { Name: 'WebACL', Value: 'media' },
      ],
    });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'headend-prod-certificate-expiry',
      MetricName: 'DaysToExpiry',
      Threshold: 30,
    });
  });

  test('leave byte offload to a graph over the buckets of every region', () => {
    const stack = new Stack(new App(), 'Edge');
    const media = new Distribution(stack, 'Media', { defaultBehavior: { origin: new HttpOrigin('example.com') } });
    const { expression, usingMetrics } = byteOffload(media, [
      { region: 'us-east-1', bucketName: 'one' },
      { region: 'eu-west-1', bucketName: 'two' },
    ]);
    expect(expression).toBe('100 * (1 - SUM([FILL(origin0, 0), FILL(origin1, 0)]) / delivered)');
    expect(Object.keys(usingMetrics)).toEqual(['delivered', 'origin0', 'origin1']);
  });
});
