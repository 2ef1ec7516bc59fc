import { Duration } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  type BehaviorOptions,
  CachePolicy,
  Distribution,
  HttpVersion,
  type IOrigin,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  OriginSslPolicy,
  type PriceClass,
  ResponseHeadersPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { VpcOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import type { INetworkLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { shortErrorCaching } from './error-caching';
import { securityHeaders } from './security-headers';

export interface ServiceDistributionProps {
  /** Internal load balancer in front of the Ingress controller of the home region. */
  readonly loadBalancer: INetworkLoadBalancer;
  readonly domainName: string;
  readonly certificate: ICertificate;
  /** Path patterns of the services' APIs, from their contracts: passed through, never cached. */
  readonly apiPathPatterns: readonly string[];
  /** Path patterns of build output whose names carry a content hash. */
  readonly hashedAssetPathPatterns: readonly string[];
  /** Another load balancer for some of the API's paths. @default - all go through `loadBalancer` */
  readonly chat?: {
    readonly loadBalancer: INetworkLoadBalancer;
    readonly httpsPort: number;
    readonly pathPatterns: readonly string[];
  };
  readonly webAclArn: string;
  readonly priceClass: PriceClass;
}

/**
 * Pages and APIs: CloudFront, through a VPC origin, to the home region's Ingress, which has no public address.
 * WebSocket upgrades pass on every API behaviour.
 */
export class ServiceDistribution extends Construct {
  readonly distribution: Distribution;

  constructor(scope: Construct, id: string, props: ServiceDistributionProps) {
    super(scope, id);
    const passThrough = this.passThrough(originOf(props.loadBalancer));
    const { chat } = props;
    const toChat = chat && { ...passThrough, origin: originOf(chat.loadBalancer, chat.httpsPort) };

    this.distribution = new Distribution(this, 'Distribution', {
      comment: `Headend API and web: ${props.domainName}`,
      domainNames: [props.domainName],
      certificate: props.certificate,
      minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: props.priceClass,
      webAclId: props.webAclArn,
      publishAdditionalMetrics: true,
      errorResponses: shortErrorCaching,
      defaultBehavior: passThrough,
      additionalBehaviors: {
        ...Object.fromEntries(props.apiPathPatterns.map((pattern) => [pattern, passThrough])),
        ...(toChat && Object.fromEntries(chat.pathPatterns.map((pattern) => [pattern, toChat]))),
        ...Object.fromEntries(
          props.hashedAssetPathPatterns.map((pattern) => [
            pattern,
            {
              ...passThrough,
              allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
              cachePolicy: CachePolicy.CACHING_OPTIMIZED,
              compress: true,
            },
          ]),
        ),
      },
    });
  }

  /** Everything reaches the service, Host too: the Ingress routes by it and its certificate is checked against it. */
  private passThrough(origin: IOrigin): BehaviorOptions {
    return {
      origin,
      viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      allowedMethods: AllowedMethods.ALLOW_ALL,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER,
      responseHeadersPolicy: new ResponseHeadersPolicy(this, 'Headers', { securityHeadersBehavior: securityHeaders }),
      compress: false,
    };
  }
}

function originOf(loadBalancer: INetworkLoadBalancer, httpsPort?: number): IOrigin {
  return VpcOrigin.withNetworkLoadBalancer(loadBalancer, {
    ...(httpsPort !== undefined && { httpsPort }),
    protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
    originSslProtocols: [OriginSslPolicy.TLS_V1_2],
    // Above the services' own deadlines, so that they answer first; 60 s is CloudFront's default ceiling.
    readTimeout: Duration.seconds(60),
    keepaliveTimeout: Duration.seconds(60),
  });
}
