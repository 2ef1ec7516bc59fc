import { CrossStackReferences, Duration, ReferenceStrength, Stack, type StackProps } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { PriceClass } from 'aws-cdk-lib/aws-cloudfront';
import { NetworkLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { HostedZone, type IHostedZone } from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import { AccessLogs } from '../../constructs/delivery-edge/access-logs';
import { EdgeCertificate } from '../../constructs/delivery-edge/edge-certificate';
import { EdgeRecords } from '../../constructs/delivery-edge/edge-records';
import { LogBucket } from '../../constructs/delivery-edge/log-bucket';
import { MediaDistribution } from '../../constructs/delivery-edge/media-distribution';
import { ServiceDistribution } from '../../constructs/delivery-edge/service-distribution';
import { SigningKeys } from '../../constructs/delivery-edge/signing-keys';
import { mediaProtection, serviceProtection } from '../../constructs/web-acl/profiles';
import { WebAcl } from '../../constructs/web-acl/web-acl';
import { type RegionName, regions } from '../../runtime/shared/regions';
import type { Config } from '../config/config';
import { apiPathPatterns, hashedAssetPathPatterns, prefixesOf } from './edge-paths';

export interface EdgeStackProps extends StackProps {
  readonly config: Config;
  /** Known without a reference, so that the edge does not depend on the regions of the fleet. */
  readonly hlsBucketName: (region: RegionName) => string;
  /** The load balancer of the home region's Ingress; read by a weak reference. */
  readonly ingress: { readonly loadBalancerArn: string; readonly loadBalancerDnsName: string };
}

/** The global edge: certificate, web ACLs, distributions and names. Computed from the fleet, never from one region. */
export class EdgeStack extends Stack {
  readonly services: ServiceDistribution;
  /** Absent when Cloudflare delivers the media. */
  readonly media?: MediaDistribution;
  readonly serviceAcl: WebAcl;
  readonly certificate: ICertificate;

  private readonly zone: IHostedZone;
  private readonly logs: LogBucket;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: EdgeStackProps,
  ) {
    super(scope, id, props);
    CrossStackReferences.of(this).consume(ReferenceStrength.WEAK);
    const { domain, delivery, tier, protection } = props.config;

    this.zone = HostedZone.fromHostedZoneAttributes(this, 'Zone', {
      hostedZoneId: domain.hostedZoneId,
      zoneName: domain.name,
    });
    this.certificate = new EdgeCertificate(this, 'Certificate', {
      zone: this.zone,
      domainName: domain.name,
      alternativeNames: [`*.${domain.name}`],
    }).certificate;
    this.logs = new LogBucket(this, 'Logs', {
      expiry: Duration.days(tier.operations.logRetentionDays),
      disposable: !protection.retainData,
    });
    this.serviceAcl = new WebAcl(this, 'ServiceAcl', {
      rules: serviceProtection({
        authPrefixes: prefixesOf('auth'),
        chatPrefixes: prefixesOf('chat'),
        authRequestsPerFiveMinutes: tier.edge.authRequestsPerFiveMinutes,
        chatRequestsPerFiveMinutes: tier.edge.chatRequestsPerFiveMinutes,
      }),
      logRetention: tier.operations.logRetentionDays,
    });

    this.services = this.serviceDistribution();
    if (delivery.cdn === 'cloudfront') this.media = this.mediaDistribution();
  }

  private serviceDistribution(): ServiceDistribution {
    const { config, ingress } = this.props;
    const services = new ServiceDistribution(this, 'Services', {
      loadBalancer: NetworkLoadBalancer.fromNetworkLoadBalancerAttributes(this, 'Ingress', ingress),
      domainName: config.domain.name,
      certificate: this.certificate,
      apiPathPatterns,
      hashedAssetPathPatterns,
      webAclArn: this.serviceAcl.arn,
      priceClass: PriceClass.PRICE_CLASS_ALL,
    });
    this.publish('Services', config.domain.name, services);
    return services;
  }

  private mediaDistribution(): MediaDistribution {
    const { config, hlsBucketName } = this.props;
    const domainName = `media.${config.domain.name}`;
    const acl = new WebAcl(this, 'MediaAcl', {
      rules: mediaProtection(),
      logRetention: config.tier.operations.logRetentionDays,
    });
    const media = new MediaDistribution(this, 'Media', {
      origins: config.fleet.map((region) => ({
        region,
        bucketName: hlsBucketName(region),
        shieldRegion: regions[region].shieldRegion,
      })),
      domainName,
      certificate: this.certificate,
      allowedOrigins: [`https://${config.domain.name}`],
      webAclArn: acl.arn,
      priceClass: PriceClass.PRICE_CLASS_ALL,
      ...(config.playbackKeys && {
        trustedKeyGroup: new SigningKeys(this, 'SigningKeys', { publicKeys: config.playbackKeys }).keyGroup,
      }),
    });
    this.publish('Media', domainName, media);
    return media;
  }

  /** Name and log of a distribution. */
  private publish(name: string, domainName: string, { distribution }: MediaDistribution | ServiceDistribution): void {
    new EdgeRecords(this, `${name}Records`, { zone: this.zone, domainName, distribution });
    new AccessLogs(this, `${name}Logs`, { distribution, bucket: this.logs.bucket, prefix: name.toLowerCase() });
  }
}
