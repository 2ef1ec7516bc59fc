/** Kubernetes as EKS runs it, and what is run beside it. One place; caches are keyed by these. */
export const versions = {
  kubernetes: '1.36.3',
  kwok: '0.8.0',
  /** Modules that bring custom resource definitions, at the versions of the Helm charts. */
  crds: {
    'sigs.k8s.io/karpenter': 'v1.14.1',
    'github.com/aws/karpenter-provider-aws': 'v1.14.1',
    'github.com/cert-manager/cert-manager': 'v1.21.2',
    'github.com/external-secrets/external-secrets': 'v1.3.2',
    'github.com/kedacore/keda/v2': 'v2.21.0',
  },
} as const;
