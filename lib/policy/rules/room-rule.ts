import { allocatable, type Room, scaled, sizeOf, sumOf } from '../../capacity/allocatable';
import { autoscalerOf, cpuMillis, memoryBytes, ofKind, type Workload, workloads } from '../kubernetes';
import { defineRule } from '../rule';
import { ofType, property, type Resource, type Subject } from '../subject';

/** Label of a node pool; pods ask for it by node affinity. */
const poolLabel = 'workload';
/** Three zones, one gone. */
const zonesLeft = 2 / 3;
const mebibyte = 2 ** 20;

export const room = defineRule({
  id: 'H22-room',
  reason: 'autoscalers that are promised more pods than nodes leave the last ones pending when the audience is largest',
  fix: 'let every workload name its pool, and size the pool so that all fit at their maximum with one zone gone',
  check: (subject) => {
    const running = workloads(subject.objects).filter(
      ({ longRunning, object }) => longRunning && object.kind !== 'DaemonSet',
    );
    const pools = new Set(running.map(poolOf));
    return [...pools].flatMap((pool) => {
      const members = running.filter((workload) => poolOf(workload) === pool);
      if (pool === undefined) return members.map(({ where }) => ({ where, detail: 'names no node pool' }));
      const needed = sumOf(members.map((workload) => demandOf(workload, subject)));
      const left = scaled(supplyOf(pool, subject), zonesLeft);
      return [shortage('mCPU', needed.cpuMillis, left.cpuMillis), shortage('MiB', needed.memoryMiB, left.memoryMiB)]
        .filter((detail) => detail !== '')
        .map((detail) => ({ where: `NodePool/${pool}`, detail }));
    });
  },
});

const shortage = (unit: string, needed: number, left: number) =>
  needed > left ? `has ${Math.floor(left)} ${unit} with a zone gone, its pods ask for ${Math.ceil(needed)}` : '';

function poolOf({ pod }: Workload): string | undefined {
  const terms = pod.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const asked = terms.flatMap(({ matchExpressions = [] }) => matchExpressions).find(({ key }) => key === poolLabel);
  return pod.nodeSelector?.[poolLabel] ?? asked?.values?.[0];
}

/** What a workload's pods request together at its maximum. */
function demandOf(workload: Workload, { objects }: Subject): Room {
  const pods = autoscalerOf(objects, workload)?.max ?? workload.replicas ?? 1;
  const containers = workload.pod.containers.map(({ resources }) => ({
    cpuMillis: cpuMillis(resources?.requests?.cpu ?? 0),
    memoryMiB: memoryBytes(resources?.requests?.memory ?? 0) / mebibyte,
  }));
  return scaled(sumOf(containers), pods);
}

/** Node groups at their maximum, and what Karpenter may add in nodes like theirs. */
function supplyOf(pool: string, subject: Subject): Room {
  const groups = ofType(subject, 'AWS::EKS::Nodegroup').filter(
    (group) => property(group, 'Labels', poolLabel) === pool,
  );
  const nodes = groups.map((group) => scaled(nodeOf(group), Number(property(group, 'ScalingConfig', 'MaxSize') ?? 0)));
  const [like] = groups;
  const limits = ofKind(subject.objects, 'NodePool')
    .filter(({ spec }) => spec?.template?.metadata?.labels?.[poolLabel] === pool)
    .map(({ spec }) => cpuMillis(spec?.limits?.cpu ?? 0));
  const added = like ? limits.map((limit) => scaled(nodeOf(like), limit / (vcpusOf(like) * 1_000))) : [];
  return sumOf([...nodes, ...added]);
}

const typeOf = (group: Resource) => String((property(group, 'InstanceTypes') as readonly string[] | undefined)?.[0]);
const nothing: Room = { cpuMillis: 0, memoryMiB: 0 };
const nodeOf = (group: Resource) => allocatable(typeOf(group)) ?? nothing;
const vcpusOf = (group: Resource) => sizeOf(typeOf(group))?.vcpus ?? Number.POSITIVE_INFINITY;
