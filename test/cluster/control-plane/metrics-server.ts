import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { poll } from '../../../runtime/local/poll';
import type { ControlPlane } from './control-plane';

const group = 'metrics.k8s.io';
const version = `${group}/v1beta1`;

interface Pod {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels?: Record<string, string> };
  readonly spec: { readonly containers: readonly { readonly name: string }[] };
  readonly status: { readonly phase: string };
}

export interface MetricsServer {
  /** What every pod of a workload uses from now on, thousandths of a vCPU. */
  use(workload: string, cpuMillis: number): void;
  stop(): Promise<void>;
}

/** Serves `metrics.k8s.io` to the autoscaler with figures that a test sets, through the API server's aggregation. */
export async function startMetricsServer(
  cluster: ControlPlane,
  port: number,
  nameLabel: string,
): Promise<MetricsServer> {
  const { api, certificates } = cluster;
  const usage = new Map<string, number>();
  const read = (file: string) => readFileSync(join(certificates, file));
  const server = createServer({ key: read('server.key'), cert: read('server.crt') }, async (request, response) => {
    const url = new URL(request.url ?? '/', 'https://localhost');
    const send = (code: number, body: object) =>
      response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    try {
      const body = await answer(url);
      if (body) send(200, body);
      else send(404, failure(404));
    } catch {
      // The API server did not answer us; the autoscaler asks again.
      send(503, failure(503));
    }
  });

  async function answer({ pathname, searchParams }: URL): Promise<object | undefined> {
    if (pathname === `/apis/${version}`) return resources;
    const namespace = pathname.match(/^\/apis\/metrics\.k8s\.io\/v1beta1\/namespaces\/([^/]+)\/pods$/)?.[1];
    if (namespace === undefined) return undefined;
    const selector = encodeURIComponent(searchParams.get('labelSelector') ?? '');
    const { items } = await api.get<{ items: Pod[] }>(`/api/v1/namespaces/${namespace}/pods?labelSelector=${selector}`);
    const running = items.filter(({ status }) => status.phase === 'Running');
    return { kind: 'PodMetricsList', apiVersion: version, metadata: {}, items: running.map(metricsOf) };
  }

  function metricsOf({ metadata, spec }: Pod): object {
    const cpu = usage.get(metadata.labels?.[nameLabel] ?? '') ?? 1;
    return {
      metadata: { name: metadata.name, namespace: metadata.namespace },
      timestamp: new Date().toISOString().replace(/\.\d+/, ''),
      window: '15s',
      containers: spec.containers.map(({ name }) => ({ name, usage: { cpu: `${cpu}m`, memory: '64Mi' } })),
    };
  }

  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await register(cluster, port);
  return {
    use: (workload, cpuMillis) => usage.set(workload, cpuMillis),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const failure = (code: number) => ({ kind: 'Status', status: 'Failure', code });

const resources = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: version,
  resources: [{ name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] }],
};

/** Endpoints may not be loopback, so the Service is a name that resolves to it. */
async function register({ api }: ControlPlane, port: number): Promise<void> {
  await api.create('/api/v1/namespaces/kube-system/services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'metrics', namespace: 'kube-system' },
    spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port, protocol: 'TCP' }] },
  });
  await api.create('/apis/apiregistration.k8s.io/v1/apiservices', {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: `v1beta1.${group}` },
    spec: {
      group,
      version: 'v1beta1',
      groupPriorityMinimum: 100,
      versionPriority: 100,
      insecureSkipTLSVerify: true,
      service: { name: 'metrics', namespace: 'kube-system', port },
    },
  });
  await poll(() => api.get(`/apis/${version}`), { what: 'metrics.k8s.io being served', deadlineMs: 30_000 });
}
