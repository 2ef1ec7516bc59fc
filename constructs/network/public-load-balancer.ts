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
import { podTargetGroup } from './target-group';

/** What the internet may reach here, and the pod port behind it. */
export const publicPorts = {
  /** WHIP and LiveKit signalling; TLS ends at NGINX. */
  https: { listener: 443, pod: 443 },
  /** RTMPS; TLS ends here because the ingest gate speaks plain RTMP. */
  rtmps: { listener: 1936, pod: 1935 },
  /** TURN over TLS; TLS ends here so that a renewed certificate restarts no LiveKit pod. */
  turn: { listener: 5349, pod: 5349 },
} as const;

export interface PublicLoadBalancerProps {
  readonly vpc: IVpc;
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
    this.https = this.targets('Https', publicPorts.https, vpc, Duration.seconds(60));
    // A broadcast survives its gate's rollout by reconnecting, but not before the gate has tried to finish it.
    this.rtmp = this.targets('Rtmp', publicPorts.rtmps, vpc, Duration.minutes(5));
    this.turn = this.targets('Turn', publicPorts.turn, vpc, Duration.minutes(5));

    this.loadBalancer.addListener('Https', {
      port: publicPorts.https.listener,
      protocol: Protocol.TCP,
      defaultTargetGroups: [this.https],
    });
    const tls = { protocol: Protocol.TLS, certificates: [props.certificate], sslPolicy: SslPolicy.RECOMMENDED_TLS };
    const { rtmps, turn } = publicPorts;
    this.loadBalancer.addListener('Rtmps', { ...tls, port: rtmps.listener, defaultTargetGroups: [this.rtmp] });
    this.loadBalancer.addListener('Turns', { ...tls, port: turn.listener, defaultTargetGroups: [this.turn] });
  }

  private targets(
    name: string,
    port: { readonly listener: number; readonly pod: number },
    vpc: IVpc,
    deregistrationDelay: Duration,
  ): INetworkTargetGroup {
    this.securityGroup.addIngressRule(Peer.anyIpv4(), Port.tcp(port.listener), `${name} from the internet`);
    this.securityGroup.addEgressRule(Peer.ipv4(vpc.vpcCidrBlock), Port.tcp(port.pod), `${name} pods`);
    return podTargetGroup(this, `${name}Targets`, { vpc, port: port.pod, deregistrationDelay });
  }
}
