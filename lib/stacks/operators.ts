import { Construct } from 'constructs';
import { CertManager } from '../../constructs/addons/cert-manager';
import { ClusterAutoscaler } from '../../constructs/addons/cluster-autoscaler';
import { ExternalDns } from '../../constructs/addons/external-dns';
import { ExternalSecrets } from '../../constructs/addons/external-secrets';
import { Karpenter } from '../../constructs/addons/karpenter';
import { Keda } from '../../constructs/addons/keda';
import { LoadBalancerController } from '../../constructs/addons/load-balancer-controller';
import { NginxIngress } from '../../constructs/addons/nginx-ingress';
import type { PlatformInputs } from '../../k8s/inputs';
import { ingressControllers, namespaces } from '../../k8s/names';
import type { Config } from '../config/config';
import type { ClusterStack } from './cluster';
import type { DataStack } from './data';
import type { NetworkStack } from './network';

export interface OperatorsProps {
  readonly config: Config;
  readonly network: NetworkStack;
  readonly cluster: ClusterStack;
  readonly data: DataStack;
  readonly inputs: PlatformInputs;
}

/** Vendors' software that our charts need: they use its custom resources, so it is there before them. */
export class Operators extends Construct {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: OperatorsProps,
  ) {
    super(scope, id);
    const { config, network, data } = props;
    const { cluster } = props.cluster;
    const placement = { cluster, namespace: namespaces.system };
    const { hostedZoneId, name: domain } = config.domain;

    const loadBalancers = new LoadBalancerController(this, 'LoadBalancerController', {
      ...placement,
      vpc: network.vpc,
      targetGroupArns: Object.values(props.inputs.targetGroups),
    });
    const others = [
      new CertManager(this, 'CertManager', { ...placement, hostedZoneId }),
      new ExternalDns(this, 'ExternalDns', { ...placement, hostedZoneId, domain }),
      new ExternalSecrets(this, 'ExternalSecrets', { ...placement, secrets: data.allSecrets }),
      new Keda(this, 'Keda', placement),
      this.autoscaler(placement),
      ...this.ingressControllers(),
    ];
    // Its webhook is called for every Service that the others bring.
    for (const other of others) other.node.addDependency(loadBalancers);
  }

  private autoscaler(placement: { readonly cluster: ClusterStack['cluster']; readonly namespace: string }): Construct {
    const { clusterName, nodeRole, interruptions } = this.props.cluster;
    if (!interruptions) return new ClusterAutoscaler(this, 'ClusterAutoscaler', { ...placement, clusterName });
    return new Karpenter(this, 'Karpenter', {
      ...placement,
      clusterName,
      nodeRole,
      interruptions: interruptions.queue,
    });
  }

  private ingressControllers(): Construct[] {
    const { config, inputs, cluster } = this.props;
    const { separateChatController, ...size } = config.tier.ingress;
    const wanted =
      inputs.role === 'home' && separateChatController ? ['web', 'chat'] : [separateChatController ? 'chat' : 'web'];
    return (wanted as (keyof typeof ingressControllers)[]).map(
      (key) =>
        new NginxIngress(this, `Nginx-${key}`, {
          cluster: cluster.cluster,
          namespace: namespaces.ingress,
          vpcCidr: inputs.network.vpcCidr,
          ...ingressControllers[key],
          ...size,
        }),
    );
  }
}
