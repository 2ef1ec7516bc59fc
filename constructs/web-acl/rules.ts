import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';

type Rule = CfnWebACL.RuleProperty;

/** A rule before its place in the list is known: priorities are the order of the list. */
export type UnorderedRule = Omit<Rule, 'priority'>;

const visible = (metricName: string): CfnWebACL.VisibilityConfigProperty => ({
  metricName,
  cloudWatchMetricsEnabled: true,
  sampledRequestsEnabled: true,
});

export interface ManagedRuleGroupOptions {
  /** Rules of the group that only count, each with the reason. */
  readonly countOnly?: Readonly<Record<string, string>>;
}

/** One of AWS's baseline groups: no surcharge per request (AWS WAF pricing). */
export function managedRuleGroup(name: string, { countOnly = {} }: ManagedRuleGroupOptions = {}): UnorderedRule {
  return {
    name,
    overrideAction: { none: {} },
    statement: {
      managedRuleGroupStatement: {
        vendorName: 'AWS',
        name,
        ruleActionOverrides: Object.keys(countOnly).map((rule) => ({ name: rule, actionToUse: { count: {} } })),
      },
    },
    visibilityConfig: visible(name),
  };
}

export interface RateRuleProps {
  readonly name: string;
  /** Requests of one address to these paths, together, in a window of five minutes. WAF's minimum is 10. */
  readonly requestsPerFiveMinutes: number;
  /** Public path prefixes, e.g. `/api/auth`. */
  readonly pathPrefixes: readonly string[];
}

/**
 * The coarse limit at the edge: it stops floods before they cost anything. The exact limits per account and key are the
 * services' own, in Redis.
 */
export function rateRule({ name, requestsPerFiveMinutes, pathPrefixes }: RateRuleProps): UnorderedRule {
  const [first, ...others] = pathPrefixes.map(startsWith);
  if (!first) throw new Error(`rate rule ${name} needs at least one path prefix`);
  return {
    name,
    action: { block: { customResponse: { responseCode: 429 } } },
    statement: {
      rateBasedStatement: {
        limit: requestsPerFiveMinutes,
        evaluationWindowSec: 300,
        aggregateKeyType: 'IP',
        scopeDownStatement: others.length === 0 ? first : { orStatement: { statements: [first, ...others] } },
      },
    },
    visibilityConfig: visible(name),
  };
}

/** Compared after percent-decoding and path normalisation, so that no spelling of a path slips by. */
function startsWith(pathPrefix: string): CfnWebACL.StatementProperty {
  return {
    byteMatchStatement: {
      fieldToMatch: { uriPath: {} },
      positionalConstraint: 'STARTS_WITH',
      searchString: pathPrefix,
      textTransformations: [
        { priority: 0, type: 'URL_DECODE' },
        { priority: 1, type: 'NORMALIZE_PATH' },
      ],
    },
  };
}
