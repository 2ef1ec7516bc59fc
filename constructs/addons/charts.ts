/**
 * Vendors' charts at the versions that were read and tested together. `ingress-nginx`, the community controller, is
 * retired and must never stand here; a test says so.
 */
export const charts = {
  'aws-load-balancer-controller': {
    chart: 'aws-load-balancer-controller',
    repository: 'https://aws.github.io/eks-charts',
    version: '3.5.0',
  },
  'nginx-ingress': {
    chart: 'nginx-ingress',
    repository: 'oci://ghcr.io/nginx/charts/nginx-ingress',
    version: '2.6.4',
  },
  'cert-manager': { chart: 'cert-manager', repository: 'https://charts.jetstack.io', version: 'v1.21.2' },
  'external-dns': {
    chart: 'external-dns',
    repository: 'https://kubernetes-sigs.github.io/external-dns/',
    version: '1.23.0',
  },
  'external-secrets': {
    chart: 'external-secrets',
    repository: 'https://charts.external-secrets.io',
    version: '2.10.0',
  },
  keda: { chart: 'keda', repository: 'https://kedacore.github.io/charts', version: '2.20.2' },
  karpenter: { chart: 'karpenter', repository: 'oci://public.ecr.aws/karpenter/karpenter', version: '1.14.1' },
  'cluster-autoscaler': {
    chart: 'cluster-autoscaler',
    repository: 'https://kubernetes.github.io/autoscaler',
    version: '9.59.1',
  },
} as const satisfies Record<string, { chart: string; repository: string; version: string }>;

export type ChartName = keyof typeof charts;
