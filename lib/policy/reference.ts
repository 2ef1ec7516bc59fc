import { page, row, rule as ruler } from '../config/reference';
import { acknowledgements } from './acknowledgements';
import { rules } from './rules';

/** `docs/reference/policy.md`: every rule, and every finding that stays. */
export function policyPage(): string {
  return page(
    'Policy',
    [
      'What `cdk synth` refuses: these rules and the AwsSolutions pack of cdk-nag run over the templates and over the',
      'Kubernetes objects inside them. A finding stops the synthesis unless it is acknowledged below, at that place.',
      '`HEADEND_POLICY=off` leaves the policy out, for a quick look at a template.',
      '',
      '## Rules',
      '',
      row(['Rule', 'Why', 'Fix']),
      ruler(3),
      ...rules.map(({ id, reason, fix }) => row([`\`${id}\``, sentence(reason), sentence(fix)])),
      '',
      '## Acknowledged findings',
      '',
      'A scope is the end of a construct path, or `Kind/namespace/name`. A test fails on an entry that fires nowhere.',
      '',
      row(['Rule', 'Scope', 'Reason']),
      ruler(3),
      ...acknowledgements.map(({ rule, scope, reason }) => row([`\`${rule}\``, `\`${scope}\``, sentence(reason)])),
    ],
    'lib/policy',
  );
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
