import { autoscalerOf, ofKind, type Workload, workloads } from '../../lib/policy/kubernetes';
import { cells, objectsOf } from './cells';

/**
 * A view that a reviewer reads in one sitting. Names and selectors stand here because changing one replaces what it
 * names: a Deployment's selector is immutable.
 */
function summaryOf(objects: ReturnType<typeof objectsOf>) {
  const pods = ({ object, pod, replicas }: Workload, all: typeof objects) => {
    const scaler = autoscalerOf(all, { object } as Workload);
    const { requests } = pod.containers[0]?.resources ?? {};
    return [
      scaler ? `${scaler.min}-${scaler.max} by ${scaler.object.kind}` : `${replicas ?? 1} pods`,
      `${requests?.cpu} ${requests?.memory}`,
      `grace ${pod.terminationGracePeriodSeconds ?? 30}s`,
      `select ${JSON.stringify(object.spec?.selector?.matchLabels ?? 'by controller')}`,
    ].join(', ');
  };
  const counts: Record<string, number> = {};
  for (const { kind } of objects) counts[kind] = (counts[kind] ?? 0) + 1;
  return {
    kinds: counts,
    workloads: Object.fromEntries(
      workloads(objects).map((workload) => {
        const { kind, metadata } = workload.object;
        return [`${kind} ${metadata.namespace}/${metadata.name}`, pods(workload, objects)];
      }),
    ),
    services: ofKind(objects, 'Service')
      .map(({ metadata }) => metadata.name)
      .filter((name) => !/^chat-\d+$/.test(name)),
  };
}

test.each(cells)('%s in one view', (_name, inputs) => {
  expect(summaryOf(objectsOf(inputs))).toMatchSnapshot();
});

test('two runs give the same manifests, byte for byte', () => {
  for (const [, inputs] of cells) expect(JSON.stringify(objectsOf(inputs))).toBe(JSON.stringify(objectsOf(inputs)));
});
