import { oneOf, whole, yesNo } from '../figure';

/** What CloudWatch Logs offers up to a year. */
const retentions = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365];

export const network = {
  natGateways: whole(
    'gateways',
    [1, 3, 3],
    'Amazon VPC User Guide',
    'one per AZ from 10k; one AZ may cut egress at 1k',
  ),
  interfaceEndpoints: yesNo([false, true, true], 'AWS PrivateLink pricing', 'cheaper than NAT from 10k on'),
} as const;

export const edge = {
  authRequestsPerFiveMinutes: whole('requests per address', 300, 'AWS WAF Developer Guide', 'a shared office logs in'),
  chatRequestsPerFiveMinutes: whole('requests per address', 1_000, 'AWS WAF Developer Guide', 'tickets and reconnects'),
} as const;

export const operations = {
  logRetentionDays: oneOf(
    'days',
    retentions,
    [14, 30, 90],
    'Amazon CloudWatch Logs User Guide',
    'log groups keep no longer',
  ),
  monthlyBudgetUsd: whole(
    'USD per month and deployment',
    [6_400, 36_000, 340_000],
    'cost model',
    'an alarm, not a limit: the typical month of `headend cost` in its default region plus a fifth',
  ),
  terminationProtection: yesNo([false, true, true], 'AWS CloudFormation User Guide', 'data stacks; always in prod'),
} as const;
