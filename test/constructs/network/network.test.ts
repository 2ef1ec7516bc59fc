import { Match, type Template } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { InternalLoadBalancer } from '../../../constructs/network/internal-load-balancer';
import { PlatformVpc } from '../../../constructs/network/platform-vpc';
import { PublicLoadBalancer } from '../../../constructs/network/public-load-balancer';
import { RegionFixture } from '../support';

const zones = ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'];

function vpc(options: { readonly natGateways: number; readonly interfaceEndpoints: boolean }): Template {
  const stack = new RegionFixture();
  new PlatformVpc(stack, 'Network', {
    cidr: '10.18.0.0/16',
    availabilityZones: zones,
    flowLogRetention: RetentionDays.ONE_MONTH,
    ...options,
  });
  return stack.template;
}

const ofOurs = {
  Properties: { Tags: Match.arrayWith([{ Key: 'Name', Value: Match.stringLikeRegexp('Network/Vpc') }]) },
};

describe('the VPC', () => {
  it('has public, private and isolated subnets in the three zones it is told', () => {
    const subnets = Object.values(
      vpc({ natGateways: 3, interfaceEndpoints: false }).findResources('AWS::EC2::Subnet', ofOurs),
    );
    const found = subnets.map(({ Properties }) => ({
      zone: Properties.AvailabilityZone,
      kind: Properties.Tags.find(({ Key }: { Key: string }) => Key === 'aws-cdk:subnet-type').Value,
    }));
    expect(found).toHaveLength(9);
    for (const kind of ['Public', 'Private', 'Isolated']) {
      expect(found.filter((subnet) => subnet.kind === kind).map(({ zone }) => zone)).toEqual(zones);
    }
  });

  it('has as many NAT gateways as it is told', () => {
    const nats = (natGateways: number) =>
      Object.keys(vpc({ natGateways, interfaceEndpoints: false }).findResources('AWS::EC2::NatGateway', ofOurs)).length;
    expect([nats(1), nats(3)]).toEqual([1, 3]);
  });

  it('always reaches S3 without NAT, and the other AWS APIs where it pays', () => {
    const cheap = vpc({ natGateways: 1, interfaceEndpoints: false });
    cheap.resourcePropertiesCountIs('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Gateway' }, 1);
    cheap.resourcePropertiesCountIs('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Interface' }, 0);
    const large = vpc({ natGateways: 3, interfaceEndpoints: true });
    large.resourcePropertiesCountIs(
      'AWS::EC2::VPCEndpoint',
      { VpcEndpointType: 'Interface', PrivateDnsEnabled: true },
      10,
    );
  });

  it('logs refused traffic, for as long as it is told', () => {
    const template = vpc({ natGateways: 1, interfaceEndpoints: false });
    template.hasResourceProperties('AWS::EC2::FlowLog', { TrafficType: 'REJECT' });
    template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
  });
});

describe('load balancers', () => {
  const stack = new RegionFixture();
  const accessLogs = new Bucket(stack, 'Logs') as IBucket;
  const shared = { vpc: stack.vpc, deletionProtection: true, accessLogs };
  new InternalLoadBalancer(stack, 'Internal', { ...shared, port: 443 });
  new PublicLoadBalancer(stack, 'Public', {
    ...shared,
    httpsPodPort: 8443,
    rtmpPodPort: 1935,
    certificate: Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:eu-west-1:1:certificate/1'),
  });
  const template = stack.template;
  const listeners = Object.values(template.findResources('AWS::ElasticLoadBalancingV2::Listener')).map(
    ({ Properties: { Port, Protocol } }) => `${Protocol} ${Port}`,
  );

  it('are protected, logged and fenced', () => {
    for (const { Properties } of Object.values(template.findResources('AWS::ElasticLoadBalancingV2::LoadBalancer'))) {
      expect(Properties.LoadBalancerAttributes).toEqual(
        expect.arrayContaining([
          { Key: 'deletion_protection.enabled', Value: 'true' },
          { Key: 'access_logs.s3.enabled', Value: 'true' },
        ]),
      );
      expect(Properties.SecurityGroups).toHaveLength(1);
    }
  });

  it('pass HTTPS through, and end the TLS of RTMP and TURN', () => {
    expect(listeners).toEqual(['TCP 443', 'TCP 443', 'TLS 1936', 'TLS 5349']);
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      Protocol: 'TLS',
      SslPolicy: Match.stringLikeRegexp('TLS13-1-2'),
    });
  });

  it('admit the internet to the public one only, on its three ports', () => {
    const world = Object.values(template.findResources('AWS::EC2::SecurityGroup')).flatMap(({ Properties }) =>
      (Properties.SecurityGroupIngress ?? [])
        .filter(({ CidrIp }: { CidrIp?: unknown }) => CidrIp === '0.0.0.0/0')
        .map(({ FromPort }: { FromPort: number }) => `${Properties.GroupDescription}: ${FromPort}`),
    );
    const name = 'Public load balancer of ingest and signalling';
    expect(world).toEqual([`${name}: 443`, `${name}: 1936`, `${name}: 5349`]);
  });

  it('tell RTMP pods the client’s address by PROXY protocol, all others by keeping it', () => {
    const groups = Object.values(template.findResources('AWS::ElasticLoadBalancingV2::TargetGroup')).map(
      ({ Properties: { Port, TargetType, TargetGroupAttributes } }) => {
        const on = (key: string) =>
          TargetGroupAttributes.some(({ Key, Value }: Record<string, string>) => Key === key && Value === 'true');
        return { Port, TargetType, proxy: on('proxy_protocol_v2.enabled'), kept: on('preserve_client_ip.enabled') };
      },
    );
    expect(groups).toEqual([
      { Port: 443, TargetType: 'ip', proxy: false, kept: true },
      { Port: 8443, TargetType: 'ip', proxy: false, kept: true },
      { Port: 1935, TargetType: 'ip', proxy: true, kept: false },
      { Port: 5349, TargetType: 'ip', proxy: false, kept: true },
    ]);
  });
});
