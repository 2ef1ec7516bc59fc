import type { Subject } from './subject';

/** One thing that breaks a rule. */
export interface Finding {
  /** Construct path of a resource, `Kind/namespace/name` of a Kubernetes object, or the path of a stack. */
  readonly where: string;
  /** What was found, with the value. */
  readonly detail: string;
}

/** A check that a reviewer would make, as code. */
export interface Rule {
  /** Stable: acknowledgements and the reference page name it. */
  readonly id: `H${number}${string}`;
  /** Why a platform that breaks it hurts someone. */
  readonly reason: string;
  /** What to do about a finding. */
  readonly fix: string;
  readonly check: (subject: Subject) => readonly Finding[];
}

export function defineRule(rule: Rule): Rule {
  return rule;
}
