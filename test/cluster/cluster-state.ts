import { nameLabel, namespaces } from '../../k8s/names';
import { poll } from '../../runtime/local/poll';
import type { ApiClient } from './control-plane/api-client';

/** The parts of live objects that the checks read. */

export interface LivePod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly phase: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
  };
}

export interface LiveController {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly generation: number };
  readonly spec: { readonly replicas: number };
  readonly status: {
    readonly observedGeneration?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
    readonly replicas?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
  };
}

export interface LiveBudget {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly status: {
    readonly currentHealthy: number;
    readonly desiredHealthy: number;
    readonly disruptionsAllowed: number;
    readonly expectedPods: number;
  };
}

export interface LiveNode {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
}

interface List<T> {
  readonly items: readonly T[];
}

const ours: readonly string[] = [namespaces.platform, namespaces.media, namespaces.ingress];

export async function ourPods(api: ApiClient): Promise<LivePod[]> {
  const { items } = await api.get<List<LivePod>>('/api/v1/pods');
  return items.filter(({ metadata }) => ours.includes(metadata.namespace) && !metadata.deletionTimestamp);
}

export async function controllers(api: ApiClient): Promise<LiveController[]> {
  const kinds = { Deployment: 'deployments', StatefulSet: 'statefulsets' };
  const lists = await Promise.all(
    Object.entries(kinds).map(async ([kind, plural]) => {
      const { items } = await api.get<List<LiveController>>(`/apis/apps/v1/${plural}`);
      return items.map((item) => ({ ...item, kind }));
    }),
  );
  return lists.flat().filter(({ metadata }) => ours.includes(metadata.namespace));
}

export async function budgets(api: ApiClient): Promise<readonly LiveBudget[]> {
  return (await api.get<List<LiveBudget>>('/apis/policy/v1/poddisruptionbudgets')).items;
}

export async function nodes(api: ApiClient): Promise<readonly LiveNode[]> {
  return (await api.get<List<LiveNode>>('/api/v1/nodes')).items;
}

export const workloadOf = ({ metadata }: LivePod): string => metadata.labels?.[nameLabel] ?? metadata.name;

export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

/** Waits until every controller runs what it was told to, updated and available. Returns the seconds it took. */
export async function settled(api: ApiClient, deadlineMs = 120_000): Promise<number> {
  const begun = Date.now();
  const check = async () => {
    const all = await controllers(api);
    const waiting = all.filter(({ metadata, spec, status }) => {
      const { observedGeneration = 0, updatedReplicas = 0, availableReplicas = 0, replicas = 0 } = status;
      return (
        observedGeneration < metadata.generation ||
        [updatedReplicas, availableReplicas, replicas].some((number) => number !== spec.replicas)
      );
    });
    if (waiting.length > 0) throw new Error(await explain(api, waiting));
    // A controller's numbers lag behind pods that were just deleted.
    const running = (await ourPods(api)).filter(({ status }) => status.phase === 'Running').length;
    const wanted = all.reduce((sum, { spec }) => sum + spec.replicas, 0);
    if (running !== wanted) throw new Error(`${running} pods run, ${wanted} are wanted`);
  };
  await poll(check, { what: 'every workload being available', deadlineMs, intervalMs: 250 });
  return (Date.now() - begun) / 1_000;
}

/** Why pods are missing: what the controller or the scheduler says. */
async function explain(api: ApiClient, waiting: readonly LiveController[]): Promise<string> {
  const { items } = await api.get<List<LivePod>>('/api/v1/pods');
  const unready = items.filter((pod) => ours.includes(pod.metadata.namespace) && !isReady(pod)).map(describePod);
  const refused = waiting.flatMap(({ metadata, status }) =>
    (status.conditions ?? [])
      .filter(({ type, status: is }) => type === 'ReplicaFailure' && is === 'True')
      .map(({ message }) => `${metadata.name}: ${message}`),
  );
  const numbers = waiting.map(
    ({ metadata, spec, status }) => `${metadata.name} ${status.availableReplicas ?? 0} of ${spec.replicas}`,
  );
  return [...numbers, ...refused, ...unready.slice(0, 3)].join('; ');
}

const isReady = ({ status }: LivePod) =>
  status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;

function describePod({ metadata, spec, status }: LivePod): string {
  const unscheduled = status.conditions?.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
  const where = unscheduled?.message ?? `${status.phase} on ${spec.nodeName ?? 'no node'}`;
  return `${metadata.name}: ${where}${metadata.deletionTimestamp ? ', being deleted' : ''}`;
}
