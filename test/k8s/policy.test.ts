import { rules } from '../../lib/policy/rules';
import type { Subject } from '../../lib/policy/subject';
import { cells, objectsOf } from './cells';

/** What a rule finds and we keep; the reasons stand with the workload in `k8s/charts/livekit.ts`. */
const kept = [
  { rule: 'H06-pod-security', where: 'Deployment/media/livekit' },
  { rule: 'H08-network-policies', where: 'Deployment/media/livekit' },
  { rule: 'H03-replicas', where: 'Deployment/media/livekit', only: '1k' },
];

describe.each(cells)('the manifests of %s', (name, inputs) => {
  const subject = { objects: objectsOf(inputs), resources: [], releases: [], stacks: [] };

  test.each(rules.filter(({ id }) => /^H(0[1-9]|1[0-2])-/.test(id)).map((rule) => [rule.id, rule] as const))(
    'keep %s',
    (id, rule) => {
      const findings = rule.check(subject as unknown as Subject);
      const expected = kept
        .filter((each) => each.rule === id && (each.only ?? name) === name)
        .map(({ where }) => where);
      const unexpected = findings.filter(({ where }) => !expected.includes(where));
      expect(unexpected).toEqual([]);
      expect(expected.filter((where) => !findings.some((finding) => finding.where === where))).toEqual([]);
    },
  );
});
