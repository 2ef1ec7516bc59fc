import {
  Namespaces,
  NetworkPolicy,
  NetworkPolicyIpBlock,
  NetworkPolicyPort,
  type NetworkPolicyRule,
  NetworkPolicyTrafficDefault,
  Pods,
} from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { labelsOf, nameLabel, namespaces, type WorkloadName } from './names';

/**
 * One allowed connection. The same record opens the egress of `from` and the ingress of `to`, so that a flow is
 * written once and neither end forgets it.
 */
export interface Flow {
  readonly from: WorkloadName | OutsidePeer;
  readonly to: WorkloadName | OutsidePeer;
  readonly ports: readonly FlowPort[];
}

export type FlowPort =
  | { readonly tcp: number }
  | { readonly udp: number }
  | { readonly udpFrom: number; readonly udpTo: number };

/** Peers that are not pods of ours. */
export type OutsidePeer =
  | 'ingress-controller'
  | 'operators'
  /** Agents of the Amazon CloudWatch Observability add-on: its chart puts them on the host's network. */
  | 'metrics-agent'
  /** Anyone, through a load balancer that keeps or announces the client's address. */
  | 'internet'
  /** The agent on each node that hands out AWS credentials. */
  | 'pod-identity'
  /** Nodes, load balancers and data servers; also pods on the host's network, whose address is their node's. */
  | 'vpc';

/** Instance metadata: node credentials. No pod of ours may ask for them. */
export const metadataAddress = '169.254.169.254/32';
/** Amazon EKS User Guide, "EKS Pod Identity": where the agent on each node answers. */
const podIdentityAddress = '169.254.170.23/32';

export interface WorkloadNetworkPolicyProps {
  readonly workload: WorkloadName;
  readonly flows: readonly Flow[];
  readonly vpcCidr: string;
}

/** Denies everything to and from a workload's pods but the named flows; names are resolved by a policy of all pods. */
export class WorkloadNetworkPolicy extends Construct {
  private readonly vpcCidr: string;

  constructor(scope: Construct, id: string, { workload, flows, vpcCidr }: WorkloadNetworkPolicyProps) {
    super(scope, id);
    this.vpcCidr = vpcCidr;
    const incoming = flows.filter(({ to }) => to === workload);
    const outgoing = flows.filter(({ from }) => from === workload);
    new NetworkPolicy(this, 'policy', {
      metadata: { name: workload, namespace: namespaces.platform, labels: labelsOf(workload) },
      selector: Pods.select(this, 'pods', { labels: { [nameLabel]: workload } }),
      ingress: {
        default: NetworkPolicyTrafficDefault.DENY,
        rules: incoming.map((flow, index) => this.rule(`from-${index}`, flow.from, flow.ports)),
      },
      egress: {
        default: NetworkPolicyTrafficDefault.DENY,
        rules: outgoing.map((flow, index) => this.rule(`to-${index}`, flow.to, flow.ports)),
      },
    });
  }

  private rule(id: string, peer: Flow['from'], ports: readonly FlowPort[]): NetworkPolicyRule {
    return { peer: this.peer(id, peer), ports: ports.map(policyPort) };
  }

  private peer(id: string, peer: Flow['from']): NetworkPolicyRule['peer'] {
    switch (peer) {
      case 'internet':
        return NetworkPolicyIpBlock.ipv4(this, id, '0.0.0.0/0', [metadataAddress]);
      case 'pod-identity':
        return NetworkPolicyIpBlock.ipv4(this, id, podIdentityAddress);
      case 'vpc':
      case 'livekit':
      case 'metrics-agent':
        return NetworkPolicyIpBlock.ipv4(this, id, this.vpcCidr);
      case 'ingress-controller':
        return podsOf(this, id, namespaces.ingress);
      case 'operators':
        return podsOf(this, id, namespaces.system);
      default:
        return Pods.select(this, id, { labels: { [nameLabel]: peer } });
    }
  }
}

function podsOf(scope: Construct, id: string, namespace: string): NetworkPolicyRule['peer'] {
  return Pods.all(scope, id, { namespaces: Namespaces.select(scope, `${id}-namespace`, { names: [namespace] }) });
}

function policyPort(port: FlowPort): NetworkPolicyPort {
  if ('tcp' in port) return NetworkPolicyPort.tcp(port.tcp);
  if ('udp' in port) return NetworkPolicyPort.udp(port.udp);
  return NetworkPolicyPort.udpRange(port.udpFrom, port.udpTo);
}
