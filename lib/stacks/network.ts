import { CfnOutput, Duration, Tags } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { INetworkLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { LogBucket } from '../../constructs/delivery-edge/log-bucket';
import { InternalLoadBalancer } from '../../constructs/network/internal-load-balancer';
import { PlatformVpc } from '../../constructs/network/platform-vpc';
import { PublicLoadBalancer } from '../../constructs/network/public-load-balancer';
import { PublicNames } from '../../constructs/network/public-names';
import { type IngressController, ingressControllers } from '../../k8s/names';
import { rtmpPort } from '../../k8s/platform-flows';
import { regions } from '../../runtime/shared/regions';
import { hosts, systemName } from '../config/names';
import { PlatformStack, type RegionalProps } from './platform-stack';

/** Outputs that the edge, in another region, reads by name. */
export const ingressOutputs = {
  web: { arn: 'IngressLoadBalancerArn', dnsName: 'IngressLoadBalancerDnsName' },
  chat: { arn: 'ChatLoadBalancerArn', dnsName: 'ChatLoadBalancerDnsName' },
} as const;

/** Behind CloudFront; each in front of an NGINX controller. */
export interface InternalLoadBalancers {
  readonly web: InternalLoadBalancer;
  /** Where the tier gives chat a controller of its own. */
  readonly chat?: InternalLoadBalancer;
}

/** VPC, load balancers and the names that point to them. */
export class NetworkStack extends PlatformStack {
  readonly vpc: IVpc;
  /** Addresses that pods are seen with from outside. */
  readonly natAddresses: readonly string[];
  readonly accessLogs: IBucket;
  /** Of the public load balancer. */
  readonly certificate: ICertificate;
  readonly publicLoadBalancer: PublicLoadBalancer;
  /** Pages and API; the home region's only. */
  readonly internalLoadBalancers?: InternalLoadBalancers;

  constructor(scope: Construct, props: RegionalProps) {
    super(scope, 'network', props, { description: 'Headend: VPC and load balancers' });
    const { tier, vpcCidrs, protection } = this.config;
    const network = new PlatformVpc(this, 'Network', {
      cidr: vpcCidrs[props.region] ?? '',
      availabilityZones: regions[props.region].availabilityZones,
      natGateways: tier.network.natGateways,
      interfaceEndpoints: tier.network.interfaceEndpoints,
      flowLogRetention: this.logRetention,
    });
    this.vpc = network.vpc;
    this.natAddresses = network.natAddresses;
    // Karpenter starts nodes in the subnets that carry its tag.
    for (const subnet of this.vpc.privateSubnets) {
      Tags.of(subnet).add('karpenter.sh/discovery', systemName(this.config));
    }
    this.accessLogs = new LogBucket(this, 'AccessLogs', {
      expiry: Duration.days(tier.operations.logRetentionDays),
      disposable: !protection.retainData,
    }).bucket as IBucket;

    const separateChat = tier.ingress.separateChatController;
    const shared = {
      vpc: this.vpc,
      deletionProtection: protection.deletionProtection,
      accessLogs: this.accessLogs,
    };
    const names = this.publicNames(props);
    this.certificate = names.certificate;
    this.publicLoadBalancer = new PublicLoadBalancer(this, 'Public', {
      ...shared,
      httpsPodPort: (separateChat ? ingressControllers.chat : ingressControllers.web).httpsPort,
      rtmpPodPort: rtmpPort,
      certificate: names.certificate,
    });
    names.pointTo(this.publicLoadBalancer.loadBalancer as INetworkLoadBalancer);
    if (!this.isHome) return;

    const internal = (id: string, { httpsPort }: IngressController, outputs: { arn: string; dnsName: string }) => {
      const internal = new InternalLoadBalancer(this, id, { ...shared, port: httpsPort });
      new CfnOutput(this, outputs.arn, { value: internal.loadBalancer.loadBalancerArn });
      new CfnOutput(this, outputs.dnsName, { value: internal.loadBalancer.loadBalancerDnsName });
      return internal;
    };
    this.internalLoadBalancers = {
      web: internal('Internal', ingressControllers.web, ingressOutputs.web),
      ...(separateChat && { chat: internal('InternalChat', ingressControllers.chat, ingressOutputs.chat) }),
    };
  }

  private publicNames({ region }: RegionalProps): PublicNames {
    const { hostedZoneId, name: zoneName } = this.config.domain;
    const { ingest, rtc, turn } = hosts(zoneName);
    return new PublicNames(this, 'Names', {
      zone: HostedZone.fromHostedZoneAttributes(this, 'Zone', { hostedZoneId, zoneName }),
      certificateName: `*.${region}.${zoneName}`,
      names: { Ingest: ingest(region), Rtc: rtc(region), Turn: turn(region) },
    });
  }
}
