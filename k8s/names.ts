import type { ServiceName } from '../runtime/shared/contract';

/** Namespaces, by what their pods may do. */
export const namespaces = {
  /** Headend's own services. */
  platform: 'platform',
  /** LiveKit, on the host's network. */
  media: 'media',
  /** NGINX Ingress Controller. */
  ingress: 'ingress',
  /** Operators: cert-manager, External Secrets, external-dns, load balancer controller, Karpenter, KEDA. */
  system: 'system',
} as const;

/** Everything that runs as pods of our own. */
export type WorkloadName = ServiceName | 'livekit' | 'bootstrap';

/** Selectors are made of this label and nothing else: it never changes, so neither do immutable selectors. */
export const nameLabel = 'app.kubernetes.io/name';

/** On every object of ours; pods carry them too. */
export const commonLabels = {
  'app.kubernetes.io/part-of': 'headend',
  'app.kubernetes.io/managed-by': 'cdk8s',
} as const;

export function labelsOf(workload: string): Record<string, string> {
  return { [nameLabel]: workload, ...commonLabels };
}

/** Name of a Service inside the cluster. */
export function clusterHost(service: string, namespace: string = namespaces.platform): string {
  return `${service}.${namespace}.svc.cluster.local`;
}

export interface IngressController {
  /** Helm release, IngressClass and Service. */
  readonly name: string;
  /** HTTPS port of its pods and its Service. */
  readonly httpsPort: number;
}

/** The controllers that the Ingress routes are made for; the second one runs where the tier separates chat. */
export const ingressControllers = {
  web: { name: 'nginx', httpsPort: 443 },
  chat: { name: 'nginx-chat', httpsPort: 8443 },
} as const satisfies Record<string, IngressController>;
