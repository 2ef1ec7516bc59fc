import { nodeContract, type PlatformInputs } from '../../k8s/inputs';
import { ingressControllers, nameLabel, namespaces } from '../../k8s/names';
import type { Tier } from '../../lib/config/tiers';

/**
 * Pods that Helm and EKS add-ons bring, by their requests alone, so that the room our own pods find is the room there
 * would be. Their software does not run here.
 */
export function standIns(tier: Tier, { role }: PlatformInputs): object[] {
  return [nodeAgents, ...ingressPods(tier, role)];
}

/** vpc-cni, kube-proxy, EBS driver, Pod Identity agent, CloudWatch agent and log forwarder: their requests together. */
const nodeAgentsSize = { cpu: '300m', memory: '400Mi' };

const nodeAgents = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'node-agents', namespace: 'kube-system' },
  spec: {
    selector: { matchLabels: { app: 'node-agents' } },
    template: {
      metadata: { labels: { app: 'node-agents' } },
      spec: {
        tolerations: [{ operator: 'Exists' }],
        priorityClassName: 'system-node-critical',
        containers: [{ name: 'agents', image: 'stand-in', resources: { requests: nodeAgentsSize } }],
      },
    },
  },
};

function ingressPods({ ingress }: Tier, role: PlatformInputs['role']): object[] {
  const { web, chat } = ingressControllers;
  const both = ingress.separateChatController ? [web, chat] : [web];
  const controllers = role === 'home' ? both : both.slice(-1);
  return controllers.map(({ name }) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: namespaces.ingress },
    spec: {
      replicas: ingress.replicas,
      selector: { matchLabels: { [nameLabel]: name } },
      template: {
        metadata: { labels: { [nameLabel]: name } },
        spec: {
          nodeSelector: { [nodeContract.pool]: 'system' },
          topologySpreadConstraints: spreadOverZones(name),
          securityContext: { runAsNonRoot: true, runAsUser: 101, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              name: 'nginx',
              image: 'stand-in',
              resources: { requests: { cpu: `${ingress.cpuMillis}m`, memory: `${ingress.memoryMiB}Mi` } },
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
            },
          ],
        },
      },
    },
  }));
}

const spreadOverZones = (name: string) => [
  {
    maxSkew: 1,
    topologyKey: 'topology.kubernetes.io/zone',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: { [nameLabel]: name } },
  },
];
