import { generateKeyPairSync } from 'node:crypto';
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { bucketName } from '../../lib/config/names';
import { type Context, parseConfig } from '../../lib/config/parse';
import { EdgeStack } from '../../lib/stacks/edge';
import { EdgeObservabilityStack } from '../../lib/stacks/observability-edge';

const domain = { domain: 'live.example.com', hostedZoneId: 'Z0123456789ABC' };
const cloudflare = {
  cdn: 'cloudflare',
  cloudflareZoneId: '0'.repeat(32),
  cloudflareAccountId: '1'.repeat(32),
  cloudflareTokenSecret: 'cloudflare-token',
  r2CredentialsSecret: 'r2-credentials',
};

function synthesize(context: Context) {
  const config = parseConfig({ ...domain, ...context });
  const app = new App();
  const env = { account: '111111111111', region: 'us-east-1' };
  const hlsBucketName = (region: Parameters<typeof bucketName>[3]) => bucketName(config, 'hls', '111111111111', region);
  const edge = new EdgeStack(app, 'Edge', {
    env,
    config,
    hlsBucketName: hlsBucketName as never,
    ingress: {
      loadBalancerArn: 'arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/net/ingress/1',
      loadBalancerDnsName: 'ingress-1.elb.eu-west-1.amazonaws.com',
    },
  });
  const observability = new EdgeObservabilityStack(app, 'EdgeObservability', {
    env,
    config,
    edge,
    hlsBucketName: hlsBucketName as never,
    costTag: { key: 'system', value: 'headend-dev' },
  });
  return { edge: Template.fromStack(edge), observability: Template.fromStack(observability) };
}

describe('the edge', () => {
  const { edge, observability } = synthesize({ tier: '100k' });

  test('serves every region of the fleet from its own shielded bucket', () => {
    edge.hasResourceProperties('AWS::CloudFront::Distribution', {
      DistributionConfig: {
        Aliases: ['media.live.example.com'],
        Origins: ['us-east-1', 'eu-west-1', 'ap-southeast-1'].map((region) =>
          Match.objectLike({
            Id: region,
            DomainName: `headend-dev-hls-111111111111-${region}.s3.${region}.amazonaws.com`,
            OriginShield: { Enabled: true, OriginShieldRegion: region },
          }),
        ),
      },
    });
  });

  test("routes each service's prefix of its contract uncached, and caches hashed assets", () => {
    edge.hasResourceProperties('AWS::CloudFront::Distribution', {
      DistributionConfig: {
        Aliases: ['live.example.com'],
        CacheBehaviors: ['/api/auth/*', '/api/stream/*', '/api/chat/*', '/api/analytics/*', '/assets/*'].map((path) =>
          Match.objectLike({ PathPattern: path }),
        ),
      },
    });
  });

  test('has a web ACL on every distribution, a certificate for both names, and records of both families', () => {
    for (const { Properties } of Object.values(edge.findResources('AWS::CloudFront::Distribution'))) {
      expect(Properties.DistributionConfig.WebACLId).toBeDefined();
    }
    edge.resourceCountIs('AWS::WAFv2::WebACL', 2);
    edge.hasResourceProperties('AWS::CertificateManager::Certificate', {
      DomainName: 'live.example.com',
      SubjectAlternativeNames: ['media.live.example.com'],
      ValidationMethod: 'DNS',
    });
    edge.resourcePropertiesCountIs('AWS::Route53::RecordSet', { Type: 'A' }, 2);
    edge.resourcePropertiesCountIs('AWS::Route53::RecordSet', { Type: 'AAAA' }, 2);
  });

  test('says where the product is, and the ids of the signing keys once there are any', () => {
    edge.hasOutput('AppUrl', { Value: 'https://live.example.com' });
    edge.hasOutput('MediaUrl', { Value: 'https://media.live.example.com' });
    const key = () =>
      generateKeyPairSync('rsa', { modulusLength: 2048 })
        .publicKey.export({ type: 'spki', format: 'der' })
        .toString('base64');
    const signed = synthesize({ playbackKeys: `${key()},${key()}` }).edge;
    signed.hasOutput('CurrentSigningKeyId', {});
    signed.hasOutput('NextSigningKeyId', {});
    signed.resourceCountIs('AWS::CloudFront::KeyGroup', 1);
  });

  test('alarms on errors, hit rate above the floor, certificate, blocks and budget', () => {
    const names = Object.values(observability.findResources('AWS::CloudWatch::Alarm')).map(
      ({ Properties }) => Properties.AlarmName,
    );
    expect(names.sort()).toEqual([
      'headend-dev-edge-cache-hit-rate',
      'headend-dev-edge-certificate-expiry',
      'headend-dev-edge-edge-errors-media',
      'headend-dev-edge-edge-errors-services',
      'headend-dev-edge-waf-blocks-1',
      'headend-dev-edge-waf-blocks-2',
    ]);
    observability.hasResourceProperties('AWS::Budgets::Budget', {
      Budget: {
        BudgetLimit: { Amount: 340_000, Unit: 'USD' },
        CostFilters: { TagKeyValue: ['user:system$headend-dev'] },
      },
    });
  });
});

describe('the edge with cdn=cloudflare', () => {
  const { edge } = synthesize({ tier: '1k', ...cloudflare });

  test('leaves media to Cloudflare: one distribution, for API and pages', () => {
    edge.resourceCountIs('AWS::CloudFront::Distribution', 1);
    edge.resourceCountIs('AWS::WAFv2::WebACL', 1);
    edge.hasResourceProperties('AWS::CertificateManager::Certificate', { SubjectAlternativeNames: Match.absent() });
    edge.hasResourceProperties('Custom::HeadendCloudflareMedia', {
      host: 'media.live.example.com',
      bucket: 'headend-dev-hls',
      owner: 'headend-dev',
    });
  });

  test('repairs drift every hour with the settings it was deployed with', () => {
    edge.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(1 hour)',
      Targets: [Match.objectLike({ Input: Match.serializedJson(Match.objectLike({ RequestType: 'Repair' })) })],
    });
  });

  test('lets the function read the token and nothing else', () => {
    edge.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [Match.objectLike({ Action: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'] })],
      },
    });
  });
});
