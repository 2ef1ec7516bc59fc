import { sortFindings } from '../../lib/policy/acknowledgement';
import { acknowledgements } from '../../lib/policy/acknowledgements';
import { rules } from '../../lib/policy/rules';
import type { Subject } from '../../lib/policy/subject';
import { cells, objectsOf } from './cells';

/** The rules that look at Kubernetes objects; the others are about templates. */
const objectRules = rules.filter(({ id }) => /^H(0[1-9]|1[0-2])-/.test(id));

describe.each(cells)('the manifests of %s', (_name, inputs) => {
  const subject = { objects: objectsOf(inputs), resources: [], releases: [], stacks: [] } as unknown as Subject;

  test.each(objectRules.map((rule) => [rule.id, rule] as const))('keep %s, acknowledged findings apart', (id, rule) => {
    const findings = rule.check(subject).map((finding) => ({ ...finding, rule: id }));
    expect(sortFindings(findings, acknowledgements).open).toEqual([]);
  });
});
