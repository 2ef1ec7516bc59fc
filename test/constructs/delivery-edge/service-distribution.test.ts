import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { PriceClass } from 'aws-cdk-lib/aws-cloudfront';
import { NetworkLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { ServiceDistribution } from '../../../constructs/delivery-edge/service-distribution';

const stack = new Stack(new App(), 'Edge', { env: { account: '111111111111', region: 'us-east-1' } });
new ServiceDistribution(stack, 'Service', {
  loadBalancer: NetworkLoadBalancer.fromNetworkLoadBalancerAttributes(stack, 'Balancer', {
    loadBalancerArn: 'arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/net/ingress/1',
    loadBalancerDnsName: 'ingress-1.elb.eu-west-1.amazonaws.com',
  }),
  domainName: 'example.com',
  certificate: Certificate.fromCertificateArn(
    stack,
    'Certificate',
    'arn:aws:acm:us-east-1:111111111111:certificate/11111111-1111-1111-1111-111111111111',
  ),
  apiPathPatterns: ['/api/auth/*', '/api/chat/*'],
  hashedAssetPathPatterns: ['/assets/*'],
  webAclArn: 'arn:aws:wafv2:us-east-1:111111111111:global/webacl/service/1',
  priceClass: PriceClass.PRICE_CLASS_100,
});
const template = Template.fromStack(stack);

/** Ids of the policies AWS manages (CloudFront Developer Guide, "Use managed policies"). */
const cachingDisabled = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
const cachingOptimized = '658327ea-f89d-4fab-a63d-7e88639e58f6';
const allViewer = '216adef6-5c7f-47e4-b989-5492eafa07d3';

describe('the API and web distribution', () => {
  test('reaches the Ingress through a VPC origin with TLS', () => {
    template.hasResourceProperties('AWS::CloudFront::VpcOrigin', {
      VpcOriginEndpointConfig: {
        Arn: 'arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/net/ingress/1',
        OriginProtocolPolicy: 'https-only',
        OriginSSLProtocols: ['TLSv1.2'],
      },
    });
  });

  test('passes APIs and pages through uncached, with Host and every method', () => {
    const passThrough = {
      CachePolicyId: cachingDisabled,
      OriginRequestPolicyId: allViewer,
      AllowedMethods: Match.arrayWith(['POST', 'DELETE']),
      ViewerProtocolPolicy: 'redirect-to-https',
    };
    template.hasResourceProperties('AWS::CloudFront::Distribution', {
      DistributionConfig: {
        DefaultCacheBehavior: passThrough,
        CacheBehaviors: [
          { PathPattern: '/api/auth/*', ...passThrough },
          { PathPattern: '/api/chat/*', ...passThrough },
          { PathPattern: '/assets/*', CachePolicyId: cachingOptimized, AllowedMethods: ['GET', 'HEAD'] },
        ],
        HttpVersion: 'http2and3',
        ViewerCertificate: { MinimumProtocolVersion: 'TLSv1.2_2021' },
      },
    });
  });

  test('adds HSTS and the other security headers to every answer', () => {
    template.hasResourceProperties('AWS::CloudFront::ResponseHeadersPolicy', {
      ResponseHeadersPolicyConfig: {
        SecurityHeadersConfig: {
          StrictTransportSecurity: { AccessControlMaxAgeSec: 63_072_000, IncludeSubdomains: true, Override: true },
          ContentTypeOptions: { Override: true },
          FrameOptions: { FrameOption: 'DENY' },
          ReferrerPolicy: { ReferrerPolicy: 'strict-origin-when-cross-origin' },
        },
      },
    });
  });
});
