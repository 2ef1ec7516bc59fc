import { KubernetesVersion } from 'aws-cdk-lib/aws-eks-v2';

/**
 * The Kubernetes release and what is pinned to it. One place, because all of it moves together: the kubectl layer in
 * `platform-cluster.ts` follows the minor version, add-on builds are per minor version.
 */
export const kubernetes = {
  version: KubernetesVersion.V1_36,
  /** End of standard support (Amazon EKS User Guide, Kubernetes versions). A test fails 90 days before it. */
  standardSupportEnds: new Date('2027-08-02'),
} as const;

/** Add-on builds for this release: `aws eks describe-addon-versions --kubernetes-version 1.36`. */
export const addonVersions = {
  'vpc-cni': 'v1.22.4-eksbuild.3',
  'kube-proxy': 'v1.36.0-eksbuild.25',
  coredns: 'v1.14.7-eksbuild.10',
  'eks-pod-identity-agent': 'v1.3.10-eksbuild.3',
  'aws-ebs-csi-driver': 'v1.65.0-eksbuild.1',
  'metrics-server': 'v0.9.0-eksbuild.11',
  'amazon-cloudwatch-observability': 'v6.4.0-eksbuild.1',
  'eks-node-monitoring-agent': 'v1.6.4-eksbuild.1',
} as const;

export type AddonName = keyof typeof addonVersions;
