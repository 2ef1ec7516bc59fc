import type { KubernetesObject } from '../../lib/policy/kubernetes';

/** A small chart that breaks no rule; tests break one thing in it at a time. */
const labels = { 'app.kubernetes.io/name': 'auth', 'app.kubernetes.io/part-of': 'headend' };
const selector = { matchLabels: { 'app.kubernetes.io/name': 'auth' } };
const partOf = { 'app.kubernetes.io/part-of': 'headend' };
const named = (name: string) => ({ name, namespace: 'platform', labels: partOf });

export const goodPod = {
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'workload', operator: 'In', values: ['app'] }] }],
      },
    },
  },
  automountServiceAccountToken: false,
  serviceAccountName: 'auth',
  terminationGracePeriodSeconds: 60,
  securityContext: { runAsNonRoot: true, runAsUser: 10_001, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [
    {
      name: 'auth',
      image: `registry.example.com/auth:${'a'.repeat(64)}`,
      env: [{ name: 'DRAIN_SECONDS', value: '20' }],
      resources: { requests: { cpu: '250m', memory: '512Mi' }, limits: { cpu: '1', memory: '512Mi' } },
      startupProbe: { httpGet: { path: '/startupz' } },
      livenessProbe: { httpGet: { path: '/livez' } },
      readinessProbe: { httpGet: { path: '/readyz' } },
      lifecycle: { preStop: { sleep: { seconds: 10 } } },
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
      volumeMounts: [{ name: 'scratch', mountPath: '/tmp' }],
    },
  ],
  volumes: [{ name: 'scratch', emptyDir: {} }],
  topologySpreadConstraints: ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    matchLabelKeys: ['pod-template-hash'],
  })),
};

export const goodChart = {
  namespace: {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'platform', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
  },
  quota: { apiVersion: 'v1', kind: 'ResourceQuota', metadata: named('quota') },
  limits: { apiVersion: 'v1', kind: 'LimitRange', metadata: named('limits') },
  deployment: {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...named('auth'), labels },
    spec: { selector, template: { metadata: { labels }, spec: goodPod } },
  },
  autoscaler: {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: named('auth'),
    spec: {
      scaleTargetRef: { kind: 'Deployment', name: 'auth' },
      minReplicas: 3,
      maxReplicas: 12,
      behavior: { scaleDown: {} },
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 70 } } }],
    },
  },
  budget: {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: named('auth'),
    spec: { selector, maxUnavailable: 1 },
  },
  service: {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: named('auth'),
    spec: { ports: [{ port: 8101, targetPort: 8101 }] },
  },
  ingress: {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      ...named('auth'),
      annotations: { 'nginx.org/mergeable-ingress-type': 'minion', 'nginx.org/limit-req-rate': '20r/s' },
    },
    spec: {
      rules: [
        { http: { paths: [{ path: '/api/auth/', backend: { service: { name: 'auth', port: { number: 8101 } } } }] } },
      ],
    },
  },
  denyAll: {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: named('deny-all'),
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  },
  nodePool: {
    apiVersion: 'karpenter.sh/v1',
    kind: 'NodePool',
    metadata: { name: 'app', labels: partOf },
    spec: { limits: { cpu: '4' }, template: { metadata: { labels: { workload: 'app' } } } },
  },
  cors: {
    apiVersion: 'k8s.nginx.org/v1',
    kind: 'Policy',
    metadata: named('cors'),
    spec: { cors: { allowOrigin: ['https://example.com'] } },
  },
} satisfies Record<string, KubernetesObject>;

export type ChartPart = keyof typeof goodChart;
