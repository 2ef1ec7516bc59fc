import { managedRuleGroup, rateRule, type UnorderedRule } from './rules';

export interface ServiceProtectionProps {
  /** Public path prefixes of the auth service. */
  readonly authPrefixes: readonly string[];
  /** Public path prefixes of the chat service. */
  readonly chatPrefixes: readonly string[];
  /** Requests one address may send to auth in five minutes; a household or office shares one. */
  readonly authRequestsPerFiveMinutes: number;
  readonly chatRequestsPerFiveMinutes: number;
}

/** For API and pages: reputation, baseline groups, and rate rules where guessing and flooding pay. 1,125 of 1,500 WCU. */
export function serviceProtection(props: ServiceProtectionProps): readonly UnorderedRule[] {
  return [
    rateRule({
      name: 'AuthRate',
      pathPrefixes: props.authPrefixes,
      requestsPerFiveMinutes: props.authRequestsPerFiveMinutes,
    }),
    rateRule({
      name: 'ChatRate',
      pathPrefixes: props.chatPrefixes,
      requestsPerFiveMinutes: props.chatRequestsPerFiveMinutes,
    }),
    managedRuleGroup('AWSManagedRulesAmazonIpReputationList'),
    managedRuleGroup('AWSManagedRulesKnownBadInputsRuleSet'),
    managedRuleGroup('AWSManagedRulesCommonRuleSet', {
      countOnly: {
        SizeRestrictions_BODY: 'WHIP offers and batches of player events are larger than 8 KB',
        EC2MetaDataSSRF_BODY: 'SDP candidates may name link-local addresses',
        NoUserAgent_HEADER: 'encoders that speak WHIP may send no User-Agent',
      },
    }),
    managedRuleGroup('AWSManagedRulesSQLiRuleSet'),
  ];
}

/** For media: GET of public objects only, billed per request, so nothing but the reputation list. */
export function mediaProtection(): readonly UnorderedRule[] {
  return [managedRuleGroup('AWSManagedRulesAmazonIpReputationList')];
}
