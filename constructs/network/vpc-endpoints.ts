import {
  GatewayVpcEndpoint,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
} from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';

export interface VpcEndpointsProps {
  readonly vpc: IVpc;
  readonly interfaceEndpoints: boolean;
}

/** What nodes, pods and the kubectl handler call all day. */
const services = {
  EcrApi: InterfaceVpcEndpointAwsService.ECR,
  EcrDocker: InterfaceVpcEndpointAwsService.ECR_DOCKER,
  Eks: InterfaceVpcEndpointAwsService.EKS,
  EksAuth: InterfaceVpcEndpointAwsService.EKS_AUTH,
  Ec2: InterfaceVpcEndpointAwsService.EC2,
  Elb: InterfaceVpcEndpointAwsService.ELASTIC_LOAD_BALANCING,
  Logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  SecretsManager: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
  Sqs: InterfaceVpcEndpointAwsService.SQS,
  Sts: InterfaceVpcEndpointAwsService.STS,
} as const;

/** Ways to AWS that do not pass NAT. The one to S3 is free and carries every segment, so it is always there. */
export class VpcEndpoints extends Construct {
  constructor(scope: Construct, id: string, { vpc, interfaceEndpoints }: VpcEndpointsProps) {
    super(scope, id);
    new GatewayVpcEndpoint(this, 'S3', { vpc, service: GatewayVpcEndpointAwsService.S3 });
    if (!interfaceEndpoints) return;

    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'AWS API endpoints, reached from inside the VPC',
      allowAllOutbound: false,
    });
    securityGroup.addIngressRule(Peer.ipv4(vpc.vpcCidrBlock), Port.tcp(443), 'HTTPS from the VPC');
    for (const [name, service] of Object.entries(services)) {
      // `open: false`: the one rule above is the whole rule set, instead of one more per endpoint.
      new InterfaceVpcEndpoint(this, name, { vpc, service, open: false, securityGroups: [securityGroup] });
    }
  }
}
