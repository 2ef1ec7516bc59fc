import { CfnOutput, CrossStackReferences, Duration, ReferenceStrength, Stack, type StackProps } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { type IKeyGroupRef, PriceClass } from 'aws-cdk-lib/aws-cloudfront';
import { NetworkLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { HostedZone, type IHostedZone } from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import { CloudflareMedia } from '../../constructs/cloudflare/cloudflare-media';
import { AccessLogs } from '../../constructs/delivery-edge/access-logs';
import { EdgeCertificate } from '../../constructs/delivery-edge/edge-certificate';
import { EdgeRecords } from '../../constructs/delivery-edge/edge-records';
import { LogBucket } from '../../constructs/delivery-edge/log-bucket';
import { MediaDistribution } from '../../constructs/delivery-edge/media-distribution';
import { ServiceDistribution } from '../../constructs/delivery-edge/service-distribution';
import { SigningKeys } from '../../constructs/delivery-edge/signing-keys';
import { mediaProtection, serviceProtection } from '../../constructs/web-acl/profiles';
import type { UnorderedRule } from '../../constructs/web-acl/rules';
import { WebAcl } from '../../constructs/web-acl/web-acl';
import { ingressControllers } from '../../k8s/names';
import { type RegionName, regions } from '../../runtime/shared/regions';
import type { CloudflareDelivery, Config } from '../config/config';
import { hosts, r2BucketName, systemName } from '../config/names';
import { apiPathPatterns, chatPathPatterns, hashedAssetPathPatterns, webAclPrefixes } from './edge-paths';

export interface EdgeStackProps extends StackProps {
  readonly config: Config;
  /** Known without a reference, so that the edge does not depend on the regions of the fleet. */
  readonly hlsBucketName: (region: RegionName) => string;
  /** The load balancer of the home region's Ingress; read by a weak reference. */
  readonly ingress: LoadBalancerReference;
  /** The one in front of chat's own controller. @default - chat goes through `ingress` */
  readonly chatIngress?: LoadBalancerReference;
}

export interface LoadBalancerReference {
  readonly loadBalancerArn: string;
  readonly loadBalancerDnsName: string;
}

/** The global edge: certificate, web ACLs, distributions and names. Computed from the fleet, never from one region. */
export class EdgeStack extends Stack {
  readonly services: ServiceDistribution;
  /** Absent when Cloudflare delivers the media. */
  readonly media?: MediaDistribution;
  readonly webAcls: readonly WebAcl[];
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
      alternativeNames: delivery.cdn === 'cloudfront' ? [hosts(domain.name).media] : [],
    }).certificate;
    this.logs = new LogBucket(this, 'Logs', {
      expiry: Duration.days(tier.operations.logRetentionDays),
      disposable: !protection.retainData,
    });
    const serviceAcl = this.webAcl('ServiceAcl', serviceProtection({ ...webAclPrefixes, ...tier.edge }));
    this.services = this.serviceDistribution(serviceAcl);
    new CfnOutput(this, 'AppUrl', { value: `https://${hosts(domain.name).app}` });
    new CfnOutput(this, 'MediaUrl', { value: `https://${hosts(domain.name).media}` });
    if (delivery.cdn === 'cloudflare') {
      this.webAcls = [serviceAcl];
      this.cloudflareMedia(delivery);
      return;
    }
    const mediaAcl = this.webAcl('MediaAcl', mediaProtection());
    this.media = this.mediaDistribution(mediaAcl);
    this.webAcls = [serviceAcl, mediaAcl];
  }

  private webAcl(id: string, rules: readonly UnorderedRule[]): WebAcl {
    return new WebAcl(this, id, { rules, logRetention: this.props.config.tier.operations.logRetentionDays });
  }

  private serviceDistribution(acl: WebAcl): ServiceDistribution {
    const { config, ingress, chatIngress } = this.props;
    const services = new ServiceDistribution(this, 'Services', {
      loadBalancer: NetworkLoadBalancer.fromNetworkLoadBalancerAttributes(this, 'Ingress', ingress),
      domainName: config.domain.name,
      certificate: this.certificate,
      apiPathPatterns,
      hashedAssetPathPatterns,
      ...(chatIngress && {
        chat: {
          loadBalancer: NetworkLoadBalancer.fromNetworkLoadBalancerAttributes(this, 'ChatIngress', chatIngress),
          httpsPort: ingressControllers.chat.httpsPort,
          pathPatterns: chatPathPatterns,
        },
      }),
      webAclArn: acl.arn,
      priceClass: PriceClass.PRICE_CLASS_ALL,
    });
    this.publish('Services', config.domain.name, services);
    return services;
  }

  private mediaDistribution(acl: WebAcl): MediaDistribution {
    const { config, hlsBucketName } = this.props;
    const domainName = hosts(config.domain.name).media;
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
      ...(config.playbackKeys && { trustedKeyGroup: this.signers(config.playbackKeys) }),
    });
    this.publish('Media', domainName, media);
    return media;
  }

  private signers(publicKeys: readonly [string, string]): IKeyGroupRef {
    const keys = new SigningKeys(this, 'SigningKeys', { publicKeys });
    // What `headend keys` asks for: the private key is stored together with the id CloudFront gave its other half.
    new CfnOutput(this, 'CurrentSigningKeyId', { value: keys.current.publicKeyId });
    new CfnOutput(this, 'NextSigningKeyId', { value: keys.next.publicKeyId });
    return keys.keyGroup;
  }

  private cloudflareMedia({ zoneId, accountId, tokenSecret }: CloudflareDelivery): void {
    const { config } = this.props;
    new CloudflareMedia(this, 'Cloudflare', {
      settings: {
        zoneId,
        accountId,
        tokenSecret,
        owner: systemName(config),
        host: hosts(config.domain.name).media,
        bucket: r2BucketName(config),
        allowedOrigins: [`https://${config.domain.name}`],
      },
      logRetention: config.tier.operations.logRetentionDays,
    });
  }

  /** Name and log of a distribution. */
  private publish(name: string, domainName: string, { distribution }: MediaDistribution | ServiceDistribution): void {
    new EdgeRecords(this, `${name}Records`, { zone: this.zone, domainName, distribution });
    new AccessLogs(this, `${name}Logs`, { distribution, bucket: this.logs.bucket, prefix: name.toLowerCase() });
  }
}
