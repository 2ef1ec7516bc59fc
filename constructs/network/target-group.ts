import { Duration } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { NetworkTargetGroup, Protocol, TargetType } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';

export interface PodTargetGroupProps {
  readonly vpc: IVpc;
  readonly port: number;
  /** How long a leaving pod keeps its open connections; shorter than the pod's own grace. */
  readonly deregistrationDelay: Duration;
}

/** A target group whose members are pods, registered by a TargetGroupBinding. */
export function podTargetGroup(scope: Construct, id: string, props: PodTargetGroupProps): NetworkTargetGroup {
  return new NetworkTargetGroup(scope, id, {
    ...props,
    protocol: Protocol.TCP,
    targetType: TargetType.IP,
    // NGINX and the ingest gate log and limit by the client's own address. PROXY protocol would be the other way to get
    // it; never both.
    preserveClientIp: true,
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
