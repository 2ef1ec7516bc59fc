import { platformFlows } from '../../k8s/platform-flows';
import type { KubernetesObject } from '../../lib/policy/kubernetes';
import { ofKind, workloads } from '../../lib/policy/kubernetes';
import { packagerContract } from '../../runtime/packager/contract';
import { cells, objectsOf } from './cells';

interface Rule {
  readonly ports?: readonly { readonly port: number; readonly endPort?: number }[];
  readonly from?: readonly object[];
  readonly to?: readonly object[];
}

const policyOf = (objects: readonly KubernetesObject[], workload: string) =>
  ofKind(objects, 'NetworkPolicy').find(
    ({ metadata }) => metadata.namespace === 'platform' && metadata.name === workload,
  );

const rulesOf = (policy: KubernetesObject | undefined, direction: 'ingress' | 'egress') =>
  (policy?.spec?.[direction] ?? []) as readonly Rule[];

const portsOf = (rules: readonly Rule[]) => rules.flatMap(({ ports = [] }) => ports.map(({ port }) => port));

/** What runs on the host's network has no policy; the node's security group is its fence. */
const uncovered = ['livekit'];

describe.each(cells)('network of %s', (_name, inputs) => {
  const objects = objectsOf(inputs);
  const pods = workloads(objects).map(({ object }) => object.metadata.name);

  test('every pod of ours has a policy of its own, host network excepted', () => {
    expect(pods.filter((name) => !policyOf(objects, name))).toEqual(uncovered);
  });

  test.each(platformFlows(inputs).map((flow) => [`${flow.from} → ${flow.to}`, flow] as const))(
    '%s is open at both ends',
    (_title, { from, to, ports }) => {
      const wanted = ports.map((port) => ('tcp' in port ? port.tcp : 'udp' in port ? port.udp : port.udpFrom));
      if (pods.includes(from))
        expect(portsOf(rulesOf(policyOf(objects, from), 'egress'))).toEqual(expect.arrayContaining(wanted));
      if (pods.includes(to) && !uncovered.includes(to)) {
        expect(portsOf(rulesOf(policyOf(objects, to), 'ingress'))).toEqual(expect.arrayContaining(wanted));
      }
    },
  );

  test('a flow between two of our pods names a port that the other one listens on', () => {
    const ports = new Map(
      workloads(objects).map(({ object, pod }) => [
        object.metadata.name,
        pod.containers.flatMap((container) => (container.ports ?? []).map(({ containerPort }) => containerPort)),
      ]),
    );
    const dead = platformFlows(inputs).filter(
      ({ to, ports: named }) =>
        ports.has(to) && named.some((port) => 'tcp' in port && !ports.get(to)?.includes(port.tcp)),
    );
    expect(dead).toEqual([]);
  });

  test('metrics are open to the nodes, on whose network the scraping agents are', () => {
    const { from } =
      rulesOf(policyOf(objects, 'packager'), 'ingress').find(({ ports }) =>
        ports?.some(({ port }) => port === packagerContract.managementPort),
      ) ?? {};
    expect(from).toEqual([{ ipBlock: { cidr: inputs.network.vpcCidr } }]);
  });

  test('no rule is without ports, and none is open to every pod of the cluster', () => {
    for (const workload of pods) {
      const policy = policyOf(objects, workload);
      for (const rule of [...rulesOf(policy, 'ingress'), ...rulesOf(policy, 'egress')]) {
        expect(rule.ports?.length).toBeGreaterThan(0);
        expect([...(rule.from ?? []), ...(rule.to ?? [])].length).toBeGreaterThan(0);
      }
    }
  });
});
