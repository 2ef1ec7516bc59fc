import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { namespaces } from '../names';
import { PlatformChart } from './platform-chart';

type PodSecurityLevel = 'restricted' | 'privileged';

/** Pod Security Standards per namespace. Only LiveKit needs the host's network, so only `media` is privileged. */
const podSecurity: Record<keyof typeof namespaces, PodSecurityLevel> = {
  platform: 'restricted',
  media: 'privileged',
  ingress: 'restricted',
  system: 'restricted',
};

/** Far above what any tier asks for: a runaway autoscaler or a loop that makes objects stops here. */
const quota = {
  platform: { pods: '600', 'count/jobs.batch': '50', 'count/secrets': '100', 'services.loadbalancers': '0' },
  media: { pods: '40', 'count/secrets': '20', 'services.loadbalancers': '0' },
} as const;

/** Namespaces with their Pod Security level, quotas, and limits for pods that state none. */
export class NamespacesChart extends PlatformChart {
  constructor(scope: Construct) {
    super(scope, 'namespaces', 'namespaces');
    for (const name of Object.values(namespaces)) this.addNamespace(name);
    this.addQuota('platform');
    this.addQuota('media');
    this.addLimitRange();
  }

  private addNamespace(name: keyof typeof podSecurity): void {
    const level = podSecurity[name];
    new k8s.KubeNamespace(this, name, {
      metadata: {
        name,
        labels: {
          'pod-security.kubernetes.io/enforce': level,
          'pod-security.kubernetes.io/enforce-version': 'v1.36',
          'pod-security.kubernetes.io/warn': level,
          'pod-security.kubernetes.io/audit': level,
        },
      },
    });
  }

  private addQuota(namespace: keyof typeof quota): void {
    const hard = Object.entries(quota[namespace]).map(([name, amount]) => [name, k8s.Quantity.fromString(amount)]);
    new k8s.KubeResourceQuota(this, `${namespace}-quota`, {
      metadata: { name: 'quota', namespace },
      spec: { hard: Object.fromEntries(hard) },
    });
  }

  /** Pods of ours always state their size; one started by hand gets a small one instead of a whole node. */
  private addLimitRange(): void {
    const size = { cpu: k8s.Quantity.fromString('250m'), memory: k8s.Quantity.fromString('256Mi') };
    new k8s.KubeLimitRange(this, 'platform-limits', {
      metadata: { name: 'limits', namespace: namespaces.platform },
      spec: { limits: [{ type: 'Container', defaultRequest: size, default: size }] },
    });
  }
}
