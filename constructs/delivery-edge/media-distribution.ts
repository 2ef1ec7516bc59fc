import { Annotations } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AccessLevel,
  AllowedMethods,
  type BehaviorOptions,
  Distribution,
  HttpVersion,
  type IKeyGroupRef,
  type IOrigin,
  type IOriginAccessControlRef,
  type PriceClass,
  S3OriginAccessControl,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { type CacheTreatment, type MediaPath, openPaths, signedPath, unknownObjectTreatment } from './cache-treatment';
import { shortErrorCaching } from './error-caching';
import { MediaPolicies } from './media-policies';

export interface MediaOrigin {
  readonly region: string;
  /** Known before the region is deployed, so that the edge needs nothing from it. */
  readonly bucketName: string;
  /** Where Origin Shield stands: every edge's misses meet there before the bucket is asked. */
  readonly shieldRegion: string;
}

export interface MediaDistributionProps {
  /** One per region of the fleet; the first also answers paths of no region. */
  readonly origins: readonly MediaOrigin[];
  readonly domainName: string;
  readonly certificate: ICertificate;
  /** Origins whose pages may play the media. */
  readonly allowedOrigins: readonly string[];
  readonly webAclArn: string;
  /** Edge locations that serve; where viewers are decides. */
  readonly priceClass: PriceClass;
  /**
   * Signers of private playback: what is below `private/` needs one of their cookies.
   *
   * @default - there is no private media
   */
  readonly trustedKeyGroup?: IKeyGroupRef;
}

/** Quota "Cache behaviors per distribution" (Amazon CloudFront Developer Guide), the default one included. */
const maxBehaviors = 75;

/** HLS for every viewer in the world: one distribution, one shielded S3 origin per region, chosen by path. */
export class MediaDistribution extends Construct {
  readonly distribution: Distribution;
  private readonly policies = new Map<string, MediaPolicies>();

  constructor(
    scope: Construct,
    id: string,
    private readonly props: MediaDistributionProps,
  ) {
    super(scope, id);
    // The bucket's own stack admits this account's distributions; an imported bucket's policy cannot be changed here.
    Annotations.of(this).acknowledgeWarning('@aws-cdk/aws-cloudfront-origins:updateImportedBucketPolicyOac');
    // Answered by defaultRootObject below.
    Annotations.of(this).acknowledgeWarning('@aws-cdk/aws-cloudfront-origins:listBucketSecurityRisk');
    const originAccessControl = new S3OriginAccessControl(this, 'OriginAccess');
    const origins = new Map(props.origins.map((origin) => [origin, this.s3Origin(origin, originAccessControl)]));
    const regional = [...origins].flatMap(([{ region }, origin]) =>
      this.paths(region).map((path) => [path.pattern, this.behavior(origin, path)] as const),
    );
    if (regional.length >= maxBehaviors) {
      throw new Error(
        `the fleet needs ${regional.length + 1} cache behaviours and CloudFront allows ${maxBehaviors}: use fewer regions`,
      );
    }
    const [home] = origins.values();
    if (!home) throw new Error('the media distribution needs at least one region');

    this.distribution = new Distribution(this, 'Distribution', {
      comment: `Headend media: ${props.domainName}`,
      domainNames: [props.domainName],
      certificate: props.certificate,
      minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: props.priceClass,
      webAclId: props.webAclArn,
      publishAdditionalMetrics: true,
      errorResponses: shortErrorCaching,
      // There is no such object: it keeps `/` from listing the bucket, which LIST would otherwise allow.
      defaultRootObject: 'no-listing',
      // Signed, because a path such as `/private%2F…` matches no pattern and is the private object to S3.
      defaultBehavior: this.behavior(home, { access: 'signed', treatment: unknownObjectTreatment }),
      additionalBehaviors: Object.fromEntries(regional),
    });
  }

  private paths(region: string): readonly MediaPath[] {
    return [...openPaths(region), ...(this.props.trustedKeyGroup ? [signedPath(region)] : [])];
  }

  private s3Origin({ region, bucketName, shieldRegion }: MediaOrigin, originAccessControl: IOriginAccessControlRef) {
    const bucket = Bucket.fromBucketAttributes(this, `Bucket-${region}`, { bucketName, region });
    return S3BucketOrigin.withOriginAccessControl(bucket, {
      originAccessControl,
      // LIST turns a missing segment into 404 instead of 403, which players take as final.
      originAccessLevels: [AccessLevel.READ, AccessLevel.LIST],
      originShieldRegion: shieldRegion,
      originId: region,
    });
  }

  private behavior(origin: IOrigin, { access, treatment }: Omit<MediaPath, 'pattern'>): BehaviorOptions {
    const keyGroup = access === 'signed' ? this.props.trustedKeyGroup : undefined;
    const { cachePolicy, responseHeadersPolicy } = this.policiesOf(treatment, keyGroup !== undefined);
    return {
      origin,
      cachePolicy,
      responseHeadersPolicy,
      compress: treatment.compress,
      viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
      ...(keyGroup && { trustedKeyGroups: [keyGroup] }),
    };
  }

  private policiesOf(treatment: CacheTreatment, credentialed: boolean): MediaPolicies {
    const known = this.policies.get(treatment.name);
    if (known) return known;
    const { allowedOrigins } = this.props;
    const policies = new MediaPolicies(this, treatment.name, { treatment, allowedOrigins, credentialed });
    this.policies.set(treatment.name, policies);
    return policies;
  }
}
