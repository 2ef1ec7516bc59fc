import type {
  IPolicyValidationContext,
  IPolicyValidationPlugin,
  PolicyValidationPluginReport,
  PolicyViolation,
} from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { type Acknowledgement, type NamedFinding, sortFindings } from './acknowledgement';
import { acknowledgements } from './acknowledgements';
import { readSubject } from './read-subject';
import { rules } from './rules';
import type { Expectations, Subject } from './subject';

export interface HeadendPolicyProps {
  readonly expectations: Expectations;
  /**
   * What is known and accepted.
   *
   * @default - `acknowledgements.ts`
   */
  readonly acknowledgements?: readonly Acknowledgement[];
}

/** Our rules and cdk-nag's AwsSolutions under one list of acknowledgements; a finding outside it stops the synthesis. */
export class HeadendPolicy implements IPolicyValidationPlugin {
  readonly name = 'Headend policy';
  readonly ruleIds = rules.map(({ id }) => id);
  /** What this run's findings made use of; for the test that none is stale. */
  used: ReadonlySet<Acknowledgement> = new Set();
  private readonly acknowledgements: readonly Acknowledgement[];

  constructor(private readonly props: HeadendPolicyProps) {
    this.acknowledgements = props.acknowledgements ?? acknowledgements;
  }

  validate(context: IPolicyValidationContext): PolicyValidationPluginReport {
    const subject = readSubject(context.appConstruct, context.stackTemplates, this.props.expectations);
    const { open, used } = sortFindings([...ownFindings(subject), ...nagFindings(context)], this.acknowledgements);
    this.used = used;
    return { success: open.length === 0, violations: open.map(violationOf) };
  }
}

export function ownFindings(subject: Subject): NamedFinding[] {
  return rules.flatMap((rule) => rule.check(subject).map((finding) => ({ ...finding, rule: rule.id })));
}

function nagFindings(context: IPolicyValidationContext): NamedFinding[] {
  return new AwsSolutionsChecks()
    .validate(context)
    .violations.flatMap(({ ruleName, description, violatingResources }) =>
      violatingResources.map(({ constructPath }) => ({
        rule: ruleName,
        where: constructPath ?? '',
        detail: description,
      })),
    );
}

function violationOf({ rule: id, where, detail }: NamedFinding): PolicyViolation {
  const rule = rules.find((each) => each.id === id);
  return {
    ruleName: id,
    description: rule ? `${where} ${detail}: ${rule.reason}` : detail,
    ...(rule && { fix: rule.fix }),
    severity: 'error',
    violatingResources: [{ constructPath: where, locations: [] }],
  };
}
