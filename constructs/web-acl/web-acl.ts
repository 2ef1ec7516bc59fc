import { ArnFormat, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnLoggingConfiguration, CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import type { UnorderedRule } from './rules';

export interface WebAclProps {
  /** Evaluated in this order. */
  readonly rules: readonly UnorderedRule[];
  /** How long the records of blocked and counted requests are kept. */
  readonly logRetention: RetentionDays;
}

/** Headers and parts of a request that carry credentials; they never reach the log. */
const redactedFields = [
  { singleHeader: { Name: 'authorization' } },
  { singleHeader: { Name: 'cookie' } },
  { queryString: {} },
];

/** Allowed requests are in the access log already; at 100k viewers logging them here too would cost more than WAF. */
const onlyBlockedOrCounted = {
  DefaultBehavior: 'DROP',
  Filters: [
    {
      Behavior: 'KEEP',
      Requirement: 'MEETS_ANY',
      Conditions: [{ ActionCondition: { Action: 'BLOCK' } }, { ActionCondition: { Action: 'COUNT' } }],
    },
  ],
};

/** A web ACL for CloudFront, which must live in us-east-1, with a redacted log of what it blocked or counted. */
export class WebAcl extends Construct {
  readonly arn: string;
  /** The `WebACL` dimension of its metrics. */
  readonly metricName: string;

  constructor(scope: Construct, id: string, { rules, logRetention }: WebAclProps) {
    super(scope, id);
    const { region } = Stack.of(this);
    if (region !== 'us-east-1') {
      throw new Error(`a web ACL for CloudFront must be in us-east-1, got ${region}: put it in the edge stack`);
    }
    this.metricName = Names.uniqueResourceName(this, { maxLength: 100 });

    const acl = new CfnWebACL(this, 'Acl', {
      name: this.metricName,
      scope: 'CLOUDFRONT',
      defaultAction: { allow: {} },
      rules: rules.map((rule, priority) => ({ ...rule, priority })),
      visibilityConfig: {
        metricName: this.metricName,
        cloudWatchMetricsEnabled: true,
        sampledRequestsEnabled: true,
      },
    });
    this.arn = acl.attrArn;

    const log = new LogGroup(this, 'Log', {
      // WAF delivers only to groups with this prefix.
      logGroupName: `aws-waf-logs-${this.metricName}`,
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new CfnLoggingConfiguration(this, 'Logging', {
      resourceArn: acl.attrArn,
      logDestinationConfigs: [
        Stack.of(this).formatArn({
          service: 'logs',
          resource: 'log-group',
          resourceName: log.logGroupName,
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      ],
      redactedFields,
      loggingFilter: onlyBlockedOrCounted,
    });
  }
}
