import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeContract, type PlatformInputs } from '../../k8s/inputs';
import { manifestFiles } from '../../k8s/manifests';
import { namespaces } from '../../k8s/names';
import type { Tier } from '../../lib/config/tiers';
import { poll } from '../../runtime/local/poll';
import { budgets, controllers, groupBy, type LivePod, nodes, ourPods, settled, workloadOf } from './cluster-state';
import { type ApiClient, ApiError } from './control-plane/api-client';
import type { ControlPlane } from './control-plane/control-plane';
import type { MetricsServer } from './control-plane/metrics-server';
import { nodeObject, nodesOf } from './nodes';
import { standIns } from './stand-ins';
import { crdFiles } from './toolchain/crds';

export interface World {
  readonly cluster: ControlPlane;
  readonly metrics: MetricsServer;
  readonly inputs: PlatformInputs;
  readonly tier: Tier;
}

/** What was proven, in a phrase for the table. Throws what was missed. */
export type Check = (world: World) => Promise<string>;

/** In this order: each finds the cluster as the one before left it. */
export const checks: Readonly<Record<string, Check>> = {
  'charts accepted in order': applyCharts,
  'restricted level holds': refuseUnrestrictedPod,
  'all pods scheduled and ready': becomeReady,
  'placed by pool and spread over AZs': placement,
  'rolling update under budgets': rollingUpdate,
  'node drains keep budgets': drains,
  'autoscalers follow CPU': autoscale,
  'all at maximum, one AZ gone': survivesZone,
};

async function applyCharts({ cluster, inputs, tier }: World): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'headend-manifests-'));
  try {
    await cluster.kubectl('apply', '--server-side', ...(await crdFiles()).flatMap((file) => ['-f', file]));
    await cluster.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s');
    const given = nodesOf(tier, inputs.region).map(nodeObject);
    await applyObjects(cluster, join(directory, 'nodes.json'), given);
    const files = manifestFiles(inputs);
    for (const { name, text } of files) {
      const file = join(directory, name);
      writeFileSync(file, text);
      await cluster.kubectl('apply', '--server-side', '--validate=strict', '-f', file);
    }
    await applyObjects(cluster, join(directory, 'stand-ins.json'), standIns(tier, inputs));
    return `${files.length} charts, ${given.length} nodes`;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function applyObjects(cluster: ControlPlane, file: string, items: readonly object[]): Promise<void> {
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await cluster.kubectl('apply', '--server-side', '-f', file);
}

/** The level would be worth nothing if it let this pod in. */
async function refuseUnrestrictedPod({ cluster: { api } }: World): Promise<string> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'intruder', namespace: namespaces.platform },
    spec: { containers: [{ name: 'intruder', image: 'stand-in', securityContext: { privileged: true } }] },
  };
  try {
    await api.create(`/api/v1/namespaces/${namespaces.platform}/pods`, pod);
  } catch (error) {
    if (error instanceof ApiError && error.status === 403 && error.message.includes('PodSecurity'))
      return 'privileged pod refused';
    throw error;
  }
  throw new Error(`a privileged pod was let into ${namespaces.platform}`);
}

async function becomeReady({ cluster: { api }, tier }: World): Promise<string> {
  await scalePackagers(api, tier.packager.minReplicas);
  await autoscaledTo(api, ({ spec }) => spec.minReplicas);
  const seconds = await settled(api);
  return `${(await ourPods(api)).length} pods in ${seconds.toFixed(0)} s`;
}

/** As KEDA would, which is not installed here. */
function scalePackagers(api: ApiClient, replicas: number): Promise<unknown> {
  return api.merge(`/apis/apps/v1/namespaces/${namespaces.platform}/deployments/packager`, { spec: { replicas } });
}

async function placement({ cluster: { api } }: World): Promise<string> {
  const where = new Map((await nodes(api)).map(({ metadata }) => [metadata.name, metadata.labels]));
  const labels = (pod: LivePod) => where.get(pod.spec.nodeName ?? '') ?? {};
  const pods = await ourPods(api);
  const astray = pods.filter((pod) => labels(pod)[nodeContract.pool] !== poolOf(pod));
  if (astray.length > 0)
    throw new Error(astray.map((pod) => `${pod.metadata.name} is on ${pod.spec.nodeName}`).join('; '));
  const byWorkload = groupBy(pods, workloadOf);
  for (const [workload, members] of byWorkload) {
    const zones = new Set(members.map((pod) => labels(pod)['topology.kubernetes.io/zone']));
    const expected = Math.min(members.length, 3);
    if (zones.size < expected) throw new Error(`${workload}: ${members.length} pods in ${zones.size} AZs`);
  }
  return `${byWorkload.size} workloads in their pools, each in as many AZs as it can`;
}

function poolOf(pod: LivePod): string {
  if (pod.metadata.namespace === namespaces.ingress) return 'system';
  const workload = workloadOf(pod);
  return workload === 'livekit' ? 'media' : workload === 'packager' ? 'worker' : 'app';
}

async function rollingUpdate({ cluster: { api } }: World): Promise<string> {
  const all = await controllers(api);
  const seconds = await keepingBudgets(api, async () => {
    for (const { kind, metadata } of all) {
      const path = `/apis/apps/v1/namespaces/${metadata.namespace}/${kind.toLowerCase()}s/${metadata.name}`;
      await api.merge(path, { spec: { template: { metadata: { annotations: { release: 'next' } } } } });
    }
    return settled(api, 240_000);
  });
  return `${all.length} workloads in ${seconds.toFixed(0)} s`;
}

/** Runs `work` and fails if any budget was ever short of healthy pods meanwhile. */
async function keepingBudgets<T>(api: ApiClient, work: () => Promise<T>): Promise<T> {
  const short = new Set<string>();
  let watching = true;
  const watch = (async () => {
    while (watching) {
      for (const { metadata, status } of await budgets(api)) {
        const { currentHealthy, desiredHealthy } = status;
        if (currentHealthy < desiredHealthy)
          short.add(`${metadata.name}: ${currentHealthy} of ${desiredHealthy} healthy`);
      }
    }
  })();
  try {
    const result = await work();
    if (short.size > 0) throw new Error(`budgets were broken: ${[...short].join('; ')}`);
    return result;
  } finally {
    watching = false;
    await watch;
  }
}

/** The node with the most pods of each pool that runs ours. */
async function drains({ cluster }: World): Promise<string> {
  const { api } = cluster;
  const pools = ['app', 'worker', 'media'];
  const where = new Map((await nodes(api)).map(({ metadata }) => [metadata.name, metadata.labels[nodeContract.pool]]));
  const drained: string[] = [];
  for (const pool of pools) {
    const pods = (await ourPods(api)).filter(({ spec }) => where.get(spec.nodeName ?? '') === pool);
    const byNode = [...groupBy(pods, ({ spec }) => spec.nodeName ?? '')].sort(([, a], [, b]) => b.length - a.length);
    const [busiest] = byNode;
    if (!busiest) continue;
    const [node, members] = busiest;
    await keepingBudgets(api, async () => {
      await cluster.kubectl('drain', node, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=180s');
      await settled(api);
    });
    await cluster.kubectl('uncordon', node);
    drained.push(`${pool} (${members.length} pods)`);
  }
  return drained.join(', ');
}

interface Autoscaler {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly minReplicas: number; readonly maxReplicas: number };
  readonly status: { readonly desiredReplicas: number };
}

const autoscalersPath = `/apis/autoscaling/v2/namespaces/${namespaces.platform}/horizontalpodautoscalers`;

/** Waits until every autoscaler has given its target the wanted number. */
async function autoscaledTo(api: ApiClient, wantedOf: (autoscaler: Autoscaler) => number): Promise<void> {
  const check = async () => {
    const { items } = await api.get<{ items: Autoscaler[] }>(autoscalersPath);
    const all = await controllers(api);
    const short = items.filter((each) => {
      const target = all.find(({ metadata }) => metadata.name === each.metadata.name);
      return (target?.spec.replicas ?? 0) < wantedOf(each);
    });
    if (short.length > 0) throw new Error(`short of pods: ${short.map(({ metadata }) => metadata.name).join(', ')}`);
  };
  await poll(check, { what: 'every autoscaler acting', deadlineMs: 60_000, intervalMs: 500 });
}

/** Load at 90 % where 70 % is aimed at asks for 9/7 of the pods. */
const loadPercent = 90;

async function autoscale({ cluster: { api }, metrics, tier }: World): Promise<string> {
  const { items } = await api.get<{ items: Autoscaler[] }>(autoscalersPath);
  const expected = ['auth', 'chat'].filter((name) => hasRange(tier, name) && items.length > 0);
  const names = items.map(({ metadata }) => metadata.name).sort();
  if (names.join() !== expected.join())
    throw new Error(`autoscalers: ${names.join() || 'none'}, expected ${expected.join()}`);
  for (const { metadata } of items) {
    metrics.use(metadata.name, (loadPercent / 100) * tier[metadata.name as 'auth' | 'chat'].cpuMillis);
  }
  const moved = await Promise.all(
    items.map(async ({ metadata: { name }, spec: { minReplicas } }) => {
      const wanted = Math.ceil((minReplicas * loadPercent) / tier.autoscaling.cpuTargetPercent);
      const replicas = await poll(
        async () => {
          const { status } = await api.get<Autoscaler>(`${autoscalersPath}/${name}`);
          if (status.desiredReplicas < wanted)
            throw new Error(`it wants ${status.desiredReplicas}, ${wanted} expected`);
          return status.desiredReplicas;
        },
        { what: `${name} scaling up`, deadlineMs: 120_000, intervalMs: 500 },
      );
      return `${name} ${minReplicas} → ${replicas}`;
    }),
  );
  for (const { metadata } of items) metrics.use(metadata.name, 1);
  return moved.join(', ') || 'none at this tier';
}

function hasRange(tier: Tier, name: string): boolean {
  const { minReplicas, maxReplicas } = tier[name as 'auth' | 'chat'];
  return maxReplicas > minReplicas;
}

/** The tier's own arithmetic says that everything fits in two AZs; the scheduler says whether it does. */
async function survivesZone({ cluster, tier }: World): Promise<string> {
  const { api } = cluster;
  const { items } = await api.get<{ items: Autoscaler[] }>(autoscalersPath);
  for (const { metadata, spec } of items) {
    await api.merge(`${autoscalersPath}/${metadata.name}`, { spec: { minReplicas: spec.maxReplicas } });
  }
  await scalePackagers(api, tier.packager.maxReplicas);
  const gone = await loseZone(cluster);
  await autoscaledTo(api, ({ spec }) => spec.maxReplicas);
  const seconds = await settled(api, 240_000);
  return `${(await ourPods(api)).length} pods without ${gone} in ${seconds.toFixed(0)} s`;
}

/** All nodes of an AZ vanish, and their pods with them. */
async function loseZone({ api, kubectl }: ControlPlane): Promise<string> {
  const zoneLabel = 'topology.kubernetes.io/zone';
  const all = await nodes(api);
  const zone = all.map(({ metadata }) => metadata.labels[zoneLabel] ?? '').sort()[0] ?? '';
  const lost = new Set(
    all.filter(({ metadata }) => metadata.labels[zoneLabel] === zone).map(({ metadata }) => metadata.name),
  );
  // Else the scheduler binds pods to nodes that are on their way out, where nothing here would end them.
  await kubectl('cordon', '-l', `${zoneLabel}=${zone}`);
  await kubectl('delete', 'nodes', '-l', `${zoneLabel}=${zone}`, '--wait=false');
  const orphans = (await ourPods(api)).filter(({ spec }) => lost.has(spec.nodeName ?? ''));
  await Promise.all(
    orphans.map(({ metadata }) =>
      api.delete(`/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`, { gracePeriodSeconds: 0 }),
    ),
  );
  return zone;
}
