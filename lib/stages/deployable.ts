import { CfnRule, Fn, type Stack } from 'aws-cdk-lib';
import type { Domain } from '../config/config';

/** Without a domain everything can be read, compared and destroyed; CloudFormation refuses to deploy it. */
export function refuseWithoutDomain(stack: Stack, domain: Domain): void {
  if (!domain.isPlaceholder) return;
  new CfnRule(stack, 'DomainIsGiven', {
    assertions: [
      {
        // Never true, and not a constant that the template checker would reject.
        assert: Fn.conditionEquals(domain.name, 'a domain given with -c domain=… -c hostedZoneId=…'),
        assertDescription:
          'This template was made without a domain and cannot be deployed: synthesize it with -c domain=live.example.com -c hostedZoneId=Z…',
      },
    ],
  });
}
