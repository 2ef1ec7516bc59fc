import { type KubernetesObject, ofKind, workloads } from '../../lib/policy/kubernetes';
import { cells, objectsOf } from './cells';

/** What the StatefulSet controller adds to each pod besides the template's labels. */
const ordinalLabel = 'statefulset.kubernetes.io/pod-name';

/** The operators' pods come by Helm. */
const ofOthers = ['ingress', 'system'];

function selectorOf({ kind, spec }: KubernetesObject): Readonly<Record<string, string>> {
  if (kind === 'Service') return (spec?.selector ?? {}) as Readonly<Record<string, string>>;
  return (kind === 'NetworkPolicy' ? spec?.podSelector : spec?.selector)?.matchLabels ?? {};
}

describe.each(cells)('selectors of %s', (_name, inputs) => {
  const objects = objectsOf(inputs);
  const selecting = ofKind(
    objects,
    'Service',
    'PodDisruptionBudget',
    'NetworkPolicy',
    'Deployment',
    'StatefulSet',
  ).filter(({ metadata }) => !ofOthers.includes(metadata.namespace ?? ''));

  test.each(selecting.map((each) => [`${each.kind} ${each.metadata.name}`, each] as const))(
    '%s selects pods',
    (_title, object) => {
      const wanted = Object.entries(selectorOf(object)).filter(([key]) => key !== ordinalLabel);
      const selected = workloads(objects).filter(
        ({ object: { metadata }, podLabels }) =>
          metadata.namespace === object.metadata.namespace && wanted.every(([key, value]) => podLabels[key] === value),
      );
      expect(selected.length).toBeGreaterThan(0);
    },
  );

  test('a StatefulSet names a headless Service that exists', () => {
    for (const { metadata, spec } of ofKind(objects, 'StatefulSet')) {
      const { serviceName } = spec as { serviceName?: string };
      const governing = ofKind(objects, 'Service').find((each) => each.metadata.name === serviceName);
      expect(governing?.metadata.namespace).toBe(metadata.namespace);
      expect(governing?.spec).toMatchObject({ clusterIP: 'None' });
    }
  });
});
