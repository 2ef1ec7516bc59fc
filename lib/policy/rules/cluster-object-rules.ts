import { type KubernetesObject, ofKind, whereOf, workloads } from '../kubernetes';
import { defineRule, type Finding } from '../rule';
import type { Subject } from '../subject';

const metadataAddress = '169.254.169.254/32';

export const networkPolicies = defineRule({
  id: 'H08-network-policies',
  reason: 'in a flat network one broken pod reaches every database and the node credentials',
  fix: 'deny all in every namespace, then name flows; block the metadata address; let Service and container port be equal',
  check: ({ objects }) => [
    ...namespacesWithoutDenial(objects),
    ...ofKind(objects, 'NetworkPolicy').flatMap((policy) =>
      (policy.spec?.egress ?? [])
        .flatMap(({ to = [] }) => to)
        .filter(({ ipBlock }) => ipBlock?.cidr === '0.0.0.0/0' && !ipBlock.except?.includes(metadataAddress))
        .map(() => ({ where: whereOf(policy), detail: `lets pods reach ${metadataAddress}` })),
    ),
    // VPC CNI matches Service traffic by the pods' port (Amazon EKS User Guide, "Kubernetes network policies").
    ...ofKind(objects, 'Service').flatMap((service) =>
      (service.spec?.ports ?? [])
        .filter(({ port, targetPort }) => targetPort !== undefined && targetPort !== port)
        .map(({ port, targetPort }) => ({
          where: whereOf(service),
          detail: `port ${port} goes to container port ${targetPort}`,
        })),
    ),
    ...workloads(objects)
      .filter(({ pod }) => pod.hostNetwork)
      .map(({ where }) => ({ where, detail: 'is on the host network, where no NetworkPolicy applies' })),
  ],
});

function namespacesWithoutDenial(objects: readonly KubernetesObject[]): Finding[] {
  const used = new Set(workloads(objects).map(({ object }) => object.metadata.namespace ?? 'default'));
  const denied = new Set(
    ofKind(objects, 'NetworkPolicy')
      .filter(({ spec }) => {
        const everyPod = Object.keys(spec?.podSelector?.matchLabels ?? {}).length === 0;
        const nothing = !spec?.ingress?.length && !spec?.egress?.length;
        return everyPod && nothing && ['Ingress', 'Egress'].every((type) => spec?.policyTypes?.includes(type));
      })
      .map(({ metadata }) => metadata.namespace ?? 'default'),
  );
  return [...used]
    .filter((namespace) => !denied.has(namespace))
    .map((namespace) => ({ where: `Namespace/${namespace}`, detail: 'has no policy that denies all by default' }));
}

/** Annotations of the F5 NGINX Ingress Controller that we use and know the effect of. */
const knownAnnotations = new Set(
  [
    'mergeable-ingress-type',
    'lb-method',
    'websocket-services',
    'use-cluster-ip',
    'limit-req-rate',
    'limit-req-key',
    'limit-req-burst',
    'limit-req-no-delay',
    'limit-req-zone-size',
    'limit-req-reject-code',
    'limit-req-scale',
    'client-max-body-size',
    'proxy-connect-timeout',
    'proxy-read-timeout',
    'proxy-send-timeout',
    'proxy-buffering',
    'proxy-buffer-size',
    'proxy-buffers',
    'rewrites',
    'redirect-to-https',
    'hsts',
    'hsts-max-age',
    'hsts-include-subdomains',
    'hsts-behind-proxy',
    'policies',
    'path-regex',
    'keepalive',
    'max-fails',
    'fail-timeout',
  ].map((name) => `nginx.org/${name}`),
);

export const ingressRoutes = defineRule({
  id: 'H11-ingress',
  reason:
    'a path to a missing Service is a 503 nobody tested; an annotation the controller does not know is silently ignored',
  fix: 'route to existing Services and ports, use TLS, known annotations only, a rate on auth and chat, and no CORS wildcard',
  check: ({ objects }) => [
    ...ofKind(objects, 'Ingress').flatMap((ingress) => [
      ...deadBackends(ingress, objects),
      ...annotationFindings(ingress),
      ...(isMinion(ingress) || ingress.spec?.tls?.length ? [] : [{ where: whereOf(ingress), detail: 'has no TLS' }]),
      ...coarseLimitFindings(ingress),
    ]),
    ...ofKind(objects, 'Policy')
      .filter(({ spec }) => spec?.cors?.allowOrigin?.includes('*'))
      .map((policy) => ({ where: whereOf(policy), detail: 'answers every origin' })),
  ],
});

const isMinion = ({ metadata }: KubernetesObject) =>
  metadata.annotations?.['nginx.org/mergeable-ingress-type'] === 'minion';

const pathsOf = ({ spec }: KubernetesObject) => (spec?.rules ?? []).flatMap(({ http }) => http?.paths ?? []);

function deadBackends(ingress: KubernetesObject, objects: readonly KubernetesObject[]): Finding[] {
  return pathsOf(ingress).flatMap(({ path, backend: { service } }) => {
    const target = ofKind(objects, 'Service').find(
      ({ metadata }) => metadata.name === service?.name && metadata.namespace === ingress.metadata.namespace,
    );
    if (target?.spec?.ports?.some(({ port }) => port === service?.port.number)) return [];
    const detail = `${path ?? '/'} goes to ${service?.name}:${service?.port.number}, which does not exist`;
    return [{ where: whereOf(ingress), detail }];
  });
}

function annotationFindings(ingress: KubernetesObject): Finding[] {
  const annotations = ingress.metadata.annotations ?? {};
  const foreign = Object.keys(annotations).filter(
    (key) =>
      key.startsWith('nginx.ingress.kubernetes.io/') || (key.startsWith('nginx.org/') && !knownAnnotations.has(key)),
  );
  const hashed = annotations['nginx.org/lb-method']?.startsWith('hash') ?? false;
  const chatOnly = pathsOf(ingress).every(({ path }) => path?.startsWith('/api/chat'));
  return [
    ...foreign.map((key) => ({ where: whereOf(ingress), detail: `annotation ${key} is not known` })),
    ...(hashed && !chatOnly ? [{ where: whereOf(ingress), detail: 'hashes what is not chat' }] : []),
  ];
}

function coarseLimitFindings(ingress: KubernetesObject): Finding[] {
  const paths = pathsOf(ingress).flatMap(({ path = '/' }) => (/^\/api\/(auth|chat)\b/.test(path) ? [path] : []));
  if (paths.length === 0 || ingress.metadata.annotations?.['nginx.org/limit-req-rate']) return [];
  return [{ where: whereOf(ingress), detail: `${paths.join(', ')} has no rate limit` }];
}

/** What a 1.36 API server serves and we use, besides custom resources (Kubernetes API reference 1.36). */
const servedVersions: Readonly<Record<string, readonly string[]>> = {
  v1: ['ConfigMap', 'LimitRange', 'Namespace', 'ResourceQuota', 'Service', 'ServiceAccount'],
  'apps/v1': ['DaemonSet', 'Deployment', 'StatefulSet'],
  'autoscaling/v2': ['HorizontalPodAutoscaler'],
  'batch/v1': ['CronJob', 'Job'],
  'networking.k8s.io/v1': ['Ingress', 'IngressClass', 'NetworkPolicy'],
  'policy/v1': ['PodDisruptionBudget'],
  'rbac.authorization.k8s.io/v1': ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'],
  'scheduling.k8s.io/v1': ['PriorityClass'],
  'storage.k8s.io/v1': ['StorageClass'],
};

/** Groups of the operators that the add-ons install. */
const customGroups = [
  'k8s.nginx.org',
  'cert-manager.io',
  'external-secrets.io',
  'karpenter.sh',
  'karpenter.k8s.aws',
  'elbv2.k8s.aws',
  'keda.sh',
];

const generatedName = /-c[0-9a-f]{7}$/;

export const apiObjects = defineRule({
  id: 'H12-api-objects',
  reason: 'an API version that is no longer served fails the deployment; a name with a hash replaces what it names',
  fix: 'use versions that Kubernetes 1.36 serves, plain names, the recommended labels, and no externalIPs',
  check: ({ objects }) =>
    objects.flatMap((object) => {
      const { apiVersion, kind, metadata, spec } = object;
      const custom = customGroups.some((group) => apiVersion.startsWith(`${group}/`));
      return [
        custom || servedVersions[apiVersion]?.includes(kind) ? '' : `${apiVersion} ${kind} is not served or not known`,
        generatedName.test(metadata.name) ? `its name ${metadata.name} ends in a hash` : '',
        spec?.externalIPs ? 'sets externalIPs' : '',
        metadata.labels?.['app.kubernetes.io/part-of'] || kind === 'Namespace'
          ? ''
          : 'has no app.kubernetes.io/part-of label',
      ]
        .filter(Boolean)
        .map((detail) => ({ where: whereOf(object), detail }));
    }),
});

export const retiredIngressController = defineRule({
  id: 'H21-retired-ingress-controller',
  reason: 'the community ingress-nginx was archived in March 2026 and gets no security fixes',
  fix: "install F5's nginx-ingress chart; pin the version of every chart",
  check: ({ releases }: Subject) =>
    releases.flatMap(({ path, chart, version }) => [
      ...(/(^|\/)ingress-nginx$/.test(chart) ? [{ where: path, detail: `installs ${chart}` }] : []),
      ...(version === undefined ? [{ where: path, detail: `installs ${chart} without a version` }] : []),
    ]),
});
