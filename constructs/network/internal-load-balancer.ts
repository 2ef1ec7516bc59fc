import { Duration } from 'aws-cdk-lib';
import { type IVpc, Peer, Port, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { type INetworkTargetGroup, NetworkLoadBalancer, Protocol } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { podTargetGroup } from './target-group';

export interface InternalLoadBalancerProps {
  readonly vpc: IVpc;
  /** HTTPS port of the NGINX controller behind it, and its own. */
  readonly port: number;
  readonly deletionProtection: boolean;
  readonly accessLogs: IBucket;
}

/**
 * The load balancer between a VPC origin of CloudFront and an NGINX controller; a VPC origin has one port. It is made here, not by a Kubernetes
 * controller: its ARN is known to the edge in the same deployment, and nothing is orphaned on destroy.
 */
export class InternalLoadBalancer extends Construct {
  readonly loadBalancer: NetworkLoadBalancer;
  readonly securityGroup: SecurityGroup;
  readonly targets: INetworkTargetGroup;

  constructor(scope: Construct, id: string, props: InternalLoadBalancerProps) {
    super(scope, id);
    const { vpc, port } = props;
    this.securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'Internal load balancer behind CloudFront',
      allowAllOutbound: false,
    });
    this.loadBalancer = new NetworkLoadBalancer(this, 'LoadBalancer', {
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      internetFacing: false,
      crossZoneEnabled: true,
      securityGroups: [this.securityGroup],
      deletionProtection: props.deletionProtection,
    });
    this.loadBalancer.logAccessLogs(props.accessLogs, `internal-load-balancer-${port}`);
    this.targets = podTargetGroup(this, 'Targets', { vpc, port, deregistrationDelay: Duration.seconds(60) });
    // A VPC origin's connections come from addresses inside the VPC.
    this.securityGroup.addIngressRule(Peer.ipv4(vpc.vpcCidrBlock), Port.tcp(port), 'CloudFront VPC origin');
    this.securityGroup.addEgressRule(Peer.ipv4(vpc.vpcCidrBlock), Port.tcp(port), 'NGINX pods');
    // TCP, not TLS: the certificate is the Ingress's, and WebSockets pass untouched.
    this.loadBalancer.addListener('Https', { port, protocol: Protocol.TCP, defaultTargetGroups: [this.targets] });
  }
}
