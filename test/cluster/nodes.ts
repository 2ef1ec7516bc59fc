import { type NodePool, nodeContract } from '../../k8s/inputs';
import { instanceTypes, isInstanceType } from '../../lib/config/instance-types';
import type { Tier } from '../../lib/config/tiers';
import { type RegionName, regions } from '../../runtime/shared/regions';
import { simulatedNode } from './control-plane/control-plane';

export interface SimulatedNode {
  readonly name: string;
  readonly pool: NodePool;
  readonly zone: string;
  readonly capacity: 'spot' | 'on-demand';
  readonly instanceType: string;
}

/** Karpenter picks sizes of 8 or 16 vCPUs; the smaller one wastes more, so it is the harder case. */
const karpenterTypes = { app: 'm7g.2xlarge', worker: 'c7g.2xlarge' } as const;

/** Every node that a tier may have: node groups at their maximum and NodePools at their limit, over three AZs. */
export function nodesOf(tier: Tier, region: RegionName): SimulatedNode[] {
  const zones = regions[region].availabilityZones;
  const spread = (pool: NodePool, capacity: SimulatedNode['capacity'], instanceType: string, count: number) =>
    Array.from({ length: count }, (_, index) => ({
      name: `${pool}-${capacity}-${instanceType.replace('.', '-')}-${index}`,
      pool,
      capacity,
      instanceType,
      zone: zones[index % zones.length] ?? zones[0],
    }));
  const { systemNodes, appNodes, mediaNodes, workerNodes, karpenter } = tier;
  return [
    ...spread('system', 'on-demand', first(systemNodes.types), systemNodes.max),
    ...spread('app', 'on-demand', first(appNodes.types), appNodes.max),
    ...spread('media', 'on-demand', first(mediaNodes.types), mediaNodes.max),
    ...spread('worker', 'spot', first(workerNodes.types), workerNodes.max),
    ...spread('worker', 'on-demand', first(workerNodes.types), workerNodes.onDemandFloor),
    ...(karpenter.enabled
      ? [
          ...spread('app', 'on-demand', karpenterTypes.app, nodesWithin(karpenter.appVcpus, karpenterTypes.app)).map(
            byKarpenter,
          ),
          ...spread(
            'worker',
            'spot',
            karpenterTypes.worker,
            nodesWithin(karpenter.workerVcpus, karpenterTypes.worker),
          ).map(byKarpenter),
        ]
      : []),
  ];
}

const byKarpenter = (node: SimulatedNode): SimulatedNode => ({ ...node, name: `karpenter-${node.name}` });

const nodesWithin = (vcpus: number, type: keyof typeof instanceTypes) => Math.floor(vcpus / instanceTypes[type].vcpus);

function first(types: readonly string[]): string {
  const [type] = types;
  if (type === undefined) throw new Error('a node group has no instance type');
  return type;
}

/** Pods per node by size, from the addresses of its network interfaces (Amazon VPC CNI, eni-max-pods.txt). */
const maxPods: Readonly<Record<string, number>> = {
  large: 29,
  xlarge: 58,
  '2xlarge': 58,
  '4xlarge': 234,
  '8xlarge': 234,
};

/** What hypervisor and kernel keep, as Karpenter assumes (`vm-memory-overhead-percent`). */
const memoryOverhead = 0.075;
const evictionMiB = 100;

export interface Allocatable {
  readonly cpuMillis: number;
  readonly memoryMiB: number;
  readonly pods: number;
}

/** What is left for pods (Amazon EKS node bootstrap, kube-reserved). */
export function allocatableOf(instanceType: string): Allocatable {
  if (!isInstanceType(instanceType)) throw new Error(`${instanceType} is not in the table of instance types`);
  const { vcpus, memoryGiB } = instanceTypes[instanceType];
  const pods = maxPods[instanceType.split('.')[1] ?? ''];
  if (pods === undefined) throw new Error(`the number of pods on ${instanceType} is not known`);
  const reservedMiB = 255 + 11 * pods;
  return {
    cpuMillis: vcpus * 1_000 - reservedCpuMillis(vcpus),
    memoryMiB: Math.floor(memoryGiB * 1_024 * (1 - memoryOverhead)) - reservedMiB - evictionMiB,
    pods,
  };
}

/** 6 % of the first vCPU, 1 % of the second, 0.5 % of the next two, 0.25 % of the rest. */
function reservedCpuMillis(vcpus: number): number {
  const share = (index: number) => (index === 0 ? 60 : index === 1 ? 10 : index < 4 ? 5 : 2.5);
  return Math.ceil(Array.from({ length: vcpus }, (_, index) => share(index)).reduce((sum, each) => sum + each, 0));
}

/** The node as a kubelet would register it. */
export function nodeObject({ name, pool, zone, capacity, instanceType }: SimulatedNode): object {
  const { cpuMillis, memoryMiB, pods } = allocatableOf(instanceType);
  const resources = { cpu: `${cpuMillis}m`, memory: `${memoryMiB}Mi`, pods: String(pods), 'ephemeral-storage': '50Gi' };
  const tainted = nodeContract.taintedPools.some((each) => each === pool);
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      annotations: { 'kwok.x-k8s.io/node': 'fake' },
      labels: {
        [simulatedNode.key]: simulatedNode.value,
        [nodeContract.pool]: pool,
        [nodeContract.capacity]: capacity,
        'kubernetes.io/hostname': name,
        'node.kubernetes.io/instance-type': instanceType,
        'topology.kubernetes.io/zone': zone,
      },
    },
    spec: tainted ? { taints: [{ key: nodeContract.pool, value: pool, effect: 'NoSchedule' }] } : {},
    status: { allocatable: resources, capacity: resources },
  };
}
