import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { metadataAddress } from '../flows';
import type { CellInputs } from '../inputs';
import { ingressControllers, namespaces } from '../names';
import { PlatformChart } from './platform-chart';

type PolicySpec = k8s.NetworkPolicySpec;

const tcp = (port: number) => ({ protocol: 'TCP', port: k8s.IntOrString.fromNumber(port) });
const everyPod = {};

/** Nothing in, nothing out, whatever is not allowed elsewhere. */
const denyAll: PolicySpec = { podSelector: everyPod, policyTypes: ['Ingress', 'Egress'] };

/** CoreDNS by its labels; a node-local cache would answer from the node and needs no rule. */
const allowDns: PolicySpec = {
  podSelector: everyPod,
  policyTypes: ['Egress'],
  egress: [
    {
      to: [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
          podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
        },
      ],
      ports: [tcp(53), { protocol: 'UDP', port: k8s.IntOrString.fromNumber(53) }],
    },
  ],
};

/**
 * Operators talk to AWS and to the Kubernetes API, and the API server calls their webhooks; their credentials come
 * from the Pod Identity agent. None of them may read a node's.
 */
const operators = (vpcCidr: string): PolicySpec => ({
  podSelector: everyPod,
  policyTypes: ['Ingress', 'Egress'],
  ingress: [{ from: [{ ipBlock: { cidr: vpcCidr } }] }],
  egress: [{ to: [{ ipBlock: { cidr: '0.0.0.0/0', except: [metadataAddress] } }] }],
});

/** The Ingress controller: clients through a load balancer that keeps their address; services and LiveKit behind. */
const ingressController = (vpcCidr: string): PolicySpec => ({
  podSelector: everyPod,
  policyTypes: ['Ingress', 'Egress'],
  ingress: [
    {
      from: [{ ipBlock: { cidr: '0.0.0.0/0', except: [metadataAddress] } }],
      ports: Object.values(ingressControllers).map(({ httpsPort }) => tcp(httpsPort)),
    },
    // Readiness, metrics.
    { from: [{ ipBlock: { cidr: vpcCidr } }] },
  ],
  egress: [
    { to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespaces.platform } } }] },
    // LiveKit on its node's address, and the Kubernetes API.
    { to: [{ ipBlock: { cidr: vpcCidr } }] },
    { to: [{ ipBlock: { cidr: '172.16.0.0/12' } }], ports: [tcp(443)] },
  ],
});

/**
 * Deny by default in every namespace of ours, name resolution excepted. What a workload needs besides stands in its own
 * chart. Pods on the host's network (LiveKit) are outside network policies: their fence is the node's security group.
 */
export class DefaultPoliciesChart extends PlatformChart {
  constructor(scope: Construct, { network: { vpcCidr } }: CellInputs) {
    super(scope, 'default-policies', 'namespaces');
    for (const namespace of Object.values(namespaces)) {
      this.addPolicy(namespace, 'deny-all', denyAll);
      this.addPolicy(namespace, 'allow-dns', allowDns);
    }
    this.addPolicy(namespaces.system, 'operators', operators(vpcCidr));
    this.addPolicy(namespaces.ingress, 'ingress-controller', ingressController(vpcCidr));
  }

  private addPolicy(namespace: string, name: string, spec: PolicySpec): void {
    new k8s.KubeNetworkPolicy(this, `${namespace}-${name}`, { metadata: { name, namespace }, spec });
  }
}
