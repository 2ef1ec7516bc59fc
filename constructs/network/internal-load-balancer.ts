import { Duration } from 'aws-cdk-lib';
import { type IVpc, Peer, Port, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { type INetworkTargetGroup, NetworkLoadBalancer, Protocol } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { podTargetGroup } from './target-group';

export interface InternalLoadBalancerProps {
  readonly vpc: IVpc;
  /** HTTPS port of the NGINX controller of pages and API. */
  readonly webPort: number;
  /** HTTPS port of chat's own controller. @default - chat goes through the other one */
  readonly chatPort?: number;
  readonly deletionProtection: boolean;
  readonly accessLogs: IBucket;
}

/**
 * The load balancer between CloudFront's VPC origin and the NGINX controllers. It is made here, not by a Kubernetes
 * controller: its ARN is known to the edge in the same deployment, and nothing is orphaned on destroy.
 */
export class InternalLoadBalancer extends Construct {
  readonly loadBalancer: NetworkLoadBalancer;
  readonly securityGroup: SecurityGroup;
  readonly web: INetworkTargetGroup;
  readonly chat?: INetworkTargetGroup;

  constructor(scope: Construct, id: string, props: InternalLoadBalancerProps) {
    super(scope, id);
    const { vpc } = props;
    this.securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'Internal load balancer of pages and API',
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
    this.loadBalancer.logAccessLogs(props.accessLogs, 'internal-load-balancer');
    this.web = this.listen('Web', props.webPort, vpc);
    if (props.chatPort !== undefined) this.chat = this.listen('Chat', props.chatPort, vpc);
  }

  private listen(name: string, port: number, vpc: IVpc): INetworkTargetGroup {
    const targetGroup = podTargetGroup(this, `${name}Targets`, {
      vpc,
      port,
      deregistrationDelay: Duration.seconds(60),
    });
    // A VPC origin's connections come from addresses inside the VPC.
    this.securityGroup.addIngressRule(Peer.ipv4(vpc.vpcCidrBlock), Port.tcp(port), 'CloudFront VPC origin');
    this.securityGroup.addEgressRule(Peer.ipv4(vpc.vpcCidrBlock), Port.tcp(port), 'NGINX pods');
    // TCP, not TLS: the certificate is the Ingress's, and WebSockets pass untouched.
    this.loadBalancer.addListener(name, { port, protocol: Protocol.TCP, defaultTargetGroups: [targetGroup] });
    return targetGroup;
  }
}
