import { App } from 'cdk8s';
import { exampleInputs } from '../../k8s/example-inputs';
import type { Flow, FlowPort } from '../../k8s/flows';
import { platformCharts, workloadIdentities } from '../../k8s/platform';
import { platformFlows } from '../../k8s/platform-flows';
import { page, row, rule } from '../config/reference';
import { tierNames, tierOf } from '../config/tiers';
import { autoscalerOf, type KubernetesObject, type Workload, workloads } from '../policy/kubernetes';

const home = 'us-east-1';

/** `docs/reference/workloads.md`: what runs in the cluster, read from the manifests themselves. */
export function workloadsPage(): string {
  const tiers = tierNames.map((name) => {
    const inputs = exampleInputs({ figures: tierOf(name), region: home, fleet: [home] });
    return {
      inputs,
      objects: platformCharts(new App(), inputs).flatMap((chart) => chart.toJson() as KubernetesObject[]),
    };
  });
  const [smallest] = tiers;
  if (!smallest) throw new Error('there are no tiers');
  const identities = workloadIdentities(smallest.inputs).map(({ workload }) => workload);
  const names = workloads(smallest.objects).map(({ object }) => object.metadata.name);
  const rowOf = (name: string) => {
    const found = tiers.map(({ objects }) => ({ objects, workload: workloadNamed(objects, name) }));
    const largest = found.at(-1)?.workload;
    if (!largest) throw new Error(`${name} is not in every tier`);
    return row([
      `\`${name}\``,
      [...new Set(found.map(({ workload }) => workload.object.kind))].join(', '),
      ...found.map(({ objects, workload }) => `${pods(objects, workload)} × ${size(workload)}`),
      portsOf(largest),
      `${largest.pod.terminationGracePeriodSeconds ?? 30} s`,
      identities.includes(name) ? 'yes' : 'no',
    ]);
  };
  return page(
    'Workloads',
    [
      'Pods of the home region: how many (least–most, with what moves the number), and the size of one. A region that only',
      'takes broadcasts in runs ingest, packager and LiveKit.',
      '',
      row(['Workload', 'Kind', ...tierNames, 'Ports', 'Time to end', 'AWS role']),
      rule(5 + tierNames.length),
      ...names.map(rowOf),
      '',
      '## Connections',
      '',
      'Everything else is denied, in both directions. Every pod resolves names besides.',
      '',
      row(['From', 'To', 'Ports']),
      rule(3),
      ...merged(platformFlows(smallest.inputs)).map(({ from, to, ports }) =>
        row([from, to, ports.map(shown).join(', ')]),
      ),
    ],
    'k8s',
  );
}

function workloadNamed(objects: readonly KubernetesObject[], name: string): Workload {
  const found = workloads(objects).find(({ object }) => object.metadata.name === name);
  if (!found) throw new Error(`${name} is not in every tier`);
  return found;
}

function pods(objects: readonly KubernetesObject[], workload: Workload): string {
  const scaler = autoscalerOf(objects, workload);
  if (!scaler) return String(workload.replicas ?? 1);
  const by = scaler.object.kind === 'ScaledObject' ? 'broadcasts' : 'CPU';
  return `${scaler.min}–${scaler.max} (${by})`;
}

function size({ pod }: Workload): string {
  const { requests = {} } = pod.containers[0]?.resources ?? {};
  return `${requests.cpu}, ${requests.memory}`;
}

function portsOf({ pod }: Workload): string {
  const ports = pod.containers.flatMap((container) => container.ports ?? []);
  return ports.map(({ name, containerPort }) => `${name} ${containerPort}`).join(', ') || 'none';
}

/** One row per pair, whichever flows it has. */
function merged(flows: readonly Flow[]): Flow[] {
  const pairs = new Map<string, Flow>();
  for (const { from, to, ports } of flows) {
    const known = pairs.get(`${from} ${to}`);
    pairs.set(`${from} ${to}`, { from, to, ports: [...(known?.ports ?? []), ...ports] });
  }
  return [...pairs.values()];
}

function shown(port: FlowPort): string {
  if ('tcp' in port) return `${port.tcp}/tcp`;
  return 'udp' in port ? `${port.udp}/udp` : `${port.udpFrom}–${port.udpTo}/udp`;
}
