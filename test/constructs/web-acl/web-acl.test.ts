import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { mediaProtection, serviceProtection } from '../../../constructs/web-acl/profiles';
import type { UnorderedRule } from '../../../constructs/web-acl/rules';
import { WebAcl } from '../../../constructs/web-acl/web-acl';

const service = serviceProtection({
  authPrefixes: ['/api/auth'],
  chatPrefixes: ['/api/chat', '/ws/chat'],
  authRequestsPerFiveMinutes: 100,
  chatRequestsPerFiveMinutes: 600,
});

function synthesize(rules: readonly UnorderedRule[], region = 'us-east-1'): Template {
  const stack = new Stack(new App(), 'Edge', { env: { account: '111111111111', region } });
  new WebAcl(stack, 'Acl', { rules, logRetention: RetentionDays.ONE_MONTH });
  return Template.fromStack(stack);
}

describe('a web ACL', () => {
  test('limits the rate of auth and of chat per address, before the managed groups', () => {
    synthesize(service).hasResourceProperties('AWS::WAFv2::WebACL', {
      Scope: 'CLOUDFRONT',
      Rules: Match.arrayWith([
        Match.objectLike({
          Name: 'AuthRate',
          Priority: 0,
          Action: { Block: { CustomResponse: { ResponseCode: 429 } } },
          Statement: {
            RateBasedStatement: {
              Limit: 100,
              AggregateKeyType: 'IP',
              ScopeDownStatement: {
                ByteMatchStatement: { SearchString: '/api/auth', PositionalConstraint: 'STARTS_WITH' },
              },
            },
          },
        }),
        Match.objectLike({
          Name: 'ChatRate',
          Priority: 1,
          Statement: {
            RateBasedStatement: {
              Limit: 600,
              ScopeDownStatement: {
                OrStatement: {
                  Statements: [
                    { ByteMatchStatement: Match.objectLike({ SearchString: '/api/chat' }) },
                    { ByteMatchStatement: Match.objectLike({ SearchString: '/ws/chat' }) },
                  ],
                },
              },
            },
          },
        }),
      ]),
    });
  });

  test('logs what it blocked or counted, without credentials', () => {
    const template = synthesize(service);
    template.hasResourceProperties('AWS::WAFv2::LoggingConfiguration', {
      RedactedFields: [
        { SingleHeader: { Name: 'authorization' } },
        { SingleHeader: { Name: 'cookie' } },
        { QueryString: {} },
      ],
      LoggingFilter: { DefaultBehavior: 'DROP' },
    });
    template.hasResourceProperties('AWS::Logs::LogGroup', {
      LogGroupName: Match.stringLikeRegexp('^aws-waf-logs-'),
      RetentionInDays: 30,
    });
  });

  test('is minimal on media, where every request is billed', () => {
    synthesize(mediaProtection()).hasResourceProperties('AWS::WAFv2::WebACL', {
      Rules: [Match.objectLike({ Name: 'AWSManagedRulesAmazonIpReputationList', Priority: 0 })],
    });
  });

  test('refuses to live anywhere but in us-east-1', () => {
    expect(() => synthesize(service, 'eu-west-1')).toThrow('must be in us-east-1, got eu-west-1');
  });
});
