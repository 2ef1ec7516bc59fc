import { Duration } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { type IVpc, Peer, Port, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import {
  type INetworkTargetGroup,
  NetworkLoadBalancer,
  Protocol,
  SslPolicy,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { publicPorts } from '../../runtime/shared/public-ports';
import { type PodTargetGroupProps, podTargetGroup } from './target-group';

const httpsPort = 443;

export interface PublicLoadBalancerProps {
  readonly vpc: IVpc;
  /** Pod port of the ingest gate, which speaks plain RTMP: TLS ends here. */
  readonly rtmpPodPort: number;
  /** HTTPS port of the NGINX controller that serves WHIP and signalling. */
  readonly httpsPodPort: number;
  /** Covers the ingest and TURN names of the region. */
  readonly certificate: ICertificate;
  readonly deletionProtection: boolean;
  readonly accessLogs: IBucket;
}

/** Where broadcasters and WebRTC signalling enter a region. Media itself goes straight to the nodes by UDP. */
export class PublicLoadBalancer extends Construct {
  readonly loadBalancer: NetworkLoadBalancer;
  readonly securityGroup: SecurityGroup;
  readonly https: INetworkTargetGroup;
  readonly rtmp: INetworkTargetGroup;
  readonly turn: INetworkTargetGroup;

  constructor(scope: Construct, id: string, props: PublicLoadBalancerProps) {
    super(scope, id);
    const { vpc } = props;
    this.securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'Public load balancer of ingest and signalling',
      allowAllOutbound: false,
    });
    this.loadBalancer = new NetworkLoadBalancer(this, 'LoadBalancer', {
      vpc,
      vpcSubnets: { subnetType: SubnetType.PUBLIC },
      internetFacing: true,
      crossZoneEnabled: true,
      securityGroups: [this.securityGroup],
      deletionProtection: props.deletionProtection,
    });
    this.loadBalancer.logAccessLogs(props.accessLogs, 'public-load-balancer');
    this.https = this.targets('Https', {
      vpc,
      listener: httpsPort,
      port: props.httpsPodPort,
      deregistrationDelay: Duration.seconds(60),
    });
    // A broadcast survives its gate's rollout by reconnecting, but not before the gate has tried to finish it.
    this.rtmp = this.targets('Rtmp', {
      vpc,
      listener: publicPorts.rtmps,
      port: props.rtmpPodPort,
      deregistrationDelay: Duration.minutes(5),
      clientAddress: 'proxy-protocol',
    });
    this.turn = this.targets('Turn', {
      vpc,
      listener: publicPorts.turns,
      // TLS ends here, so that a renewed certificate restarts no LiveKit pod.
      port: publicPorts.turns,
      deregistrationDelay: Duration.minutes(5),
    });

    this.loadBalancer.addListener('Https', {
      port: httpsPort,
      protocol: Protocol.TCP,
      defaultTargetGroups: [this.https],
    });
    const tls = { protocol: Protocol.TLS, certificates: [props.certificate], sslPolicy: SslPolicy.RECOMMENDED_TLS };
    this.loadBalancer.addListener('Rtmps', { ...tls, port: publicPorts.rtmps, defaultTargetGroups: [this.rtmp] });
    this.loadBalancer.addListener('Turns', { ...tls, port: publicPorts.turns, defaultTargetGroups: [this.turn] });
  }

  private targets(
    name: string,
    { listener, ...props }: PodTargetGroupProps & { readonly listener: number },
  ): INetworkTargetGroup {
    this.securityGroup.addIngressRule(Peer.anyIpv4(), Port.tcp(listener), `${name} from the internet`);
    this.securityGroup.addEgressRule(Peer.ipv4(props.vpc.vpcCidrBlock), Port.tcp(props.port), `${name} pods`);
    return podTargetGroup(this, `${name}Targets`, props);
  }
}
