import { RemovalPolicy } from 'aws-cdk-lib';
import {
  type CfnEIP,
  FlowLogDestination,
  FlowLogTrafficType,
  IpAddresses,
  type IVpc,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { VpcEndpoints } from './vpc-endpoints';

export interface PlatformVpcProps {
  /** A /16: every pod takes an address of its own from it. */
  readonly cidr: string;
  /** Explicit, so that synthesis asks no account. */
  readonly availabilityZones: readonly string[];
  readonly natGateways: number;
  /** Whether AWS APIs are reached by PrivateLink instead of NAT. */
  readonly interfaceEndpoints: boolean;
  readonly flowLogRetention: RetentionDays;
}

/**
 * The network of one region: public subnets for load balancers and media nodes, private ones for every other node, and
 * isolated ones, without a way out, for data.
 */
export class PlatformVpc extends Construct {
  readonly vpc: IVpc;
  /** Addresses that private subnets are seen with from outside. */
  readonly natAddresses: readonly string[];

  constructor(scope: Construct, id: string, props: PlatformVpcProps) {
    super(scope, id);
    // The cast: CDK's classes are not written for `exactOptionalPropertyTypes`.
    this.vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(props.cidr),
      availabilityZones: [...props.availabilityZones],
      natGateways: props.natGateways,
      subnetConfiguration: [
        { name: 'Public', subnetType: SubnetType.PUBLIC, cidrMask: 22, mapPublicIpOnLaunch: true },
        { name: 'Private', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 19 },
        { name: 'Data', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
      ],
    }) as IVpc;
    this.natAddresses = this.vpc.publicSubnets.flatMap((subnet) => {
      const address = subnet.node.tryFindChild('EIP') as CfnEIP | undefined;
      return address ? [address.attrPublicIp] : [];
    });
    const logGroup = new LogGroup(this, 'FlowLogs', {
      retention: props.flowLogRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.vpc.addFlowLog('FlowLog', {
      destination: FlowLogDestination.toCloudWatchLogs(logGroup),
      // Accepted traffic of a media platform is its product; what is refused is what an incident asks for.
      trafficType: FlowLogTrafficType.REJECT,
    });
    new VpcEndpoints(this, 'Endpoints', { vpc: this.vpc, interfaceEndpoints: props.interfaceEndpoints });
  }
}
