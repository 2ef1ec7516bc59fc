import type { Finding } from './rule';

/** A finding that stays, and why. */
export interface Acknowledgement {
  /** Rule id of ours, or of cdk-nag without what it prints in brackets. */
  readonly rule: string;
  /**
   * The closest thing it is about: the last segments of a construct path, or `Kind/namespace/name`. It covers what is
   * inside.
   */
  readonly scope: string;
  readonly reason: string;
}

/** A finding together with the rule that made it. */
export interface NamedFinding extends Finding {
  readonly rule: string;
}

export function covers({ rule, scope }: Acknowledgement, finding: NamedFinding): boolean {
  const [id] = finding.rule.split('[');
  return rule === id && `/${finding.where}/`.includes(`/${scope}/`);
}

export interface Sorted {
  readonly open: readonly NamedFinding[];
  /** Acknowledgements that covered something. */
  readonly used: ReadonlySet<Acknowledgement>;
}

/** Separates what is acknowledged from what is not. */
export function sortFindings(findings: readonly NamedFinding[], list: readonly Acknowledgement[]): Sorted {
  const used = new Set<Acknowledgement>();
  const open = findings.filter((finding) => {
    const covering = list.filter((acknowledgement) => covers(acknowledgement, finding));
    for (const acknowledgement of covering) used.add(acknowledgement);
    return covering.length === 0;
  });
  return { open, used };
}
