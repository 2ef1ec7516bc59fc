import { Duration } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { NetworkTargetGroup, Protocol, TargetType } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';

export interface PodTargetGroupProps {
  readonly vpc: IVpc;
  readonly port: number;
  /** How a pod learns the client's own address; it is told the same in its chart. @default 'preserved' */
  readonly clientAddress?: 'preserved' | 'proxy-protocol';
  /** How long a leaving pod keeps its open connections; shorter than the pod's own grace. */
  readonly deregistrationDelay: Duration;
}

/** A target group whose members are pods, registered by a TargetGroupBinding. */
export function podTargetGroup(scope: Construct, id: string, props: PodTargetGroupProps): NetworkTargetGroup {
  const proxyProtocolV2 = props.clientAddress === 'proxy-protocol';
  return new NetworkTargetGroup(scope, id, {
    vpc: props.vpc,
    port: props.port,
    deregistrationDelay: props.deregistrationDelay,
    protocol: Protocol.TCP,
    targetType: TargetType.IP,
    // One or the other, never both: a pod that expects one cannot read the other.
    proxyProtocolV2,
    preserveClientIp: !proxyProtocolV2,
    // A pod that turns unready is leaving or full: what it already serves must go on.
    connectionTermination: false,
    healthCheck: {
      protocol: Protocol.TCP,
      interval: Duration.seconds(10),
      healthyThresholdCount: 2,
      unhealthyThresholdCount: 2,
    },
  });
}
