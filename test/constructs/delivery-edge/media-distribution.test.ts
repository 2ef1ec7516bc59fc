import { generateKeyPairSync } from 'node:crypto';
import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { PriceClass } from 'aws-cdk-lib/aws-cloudfront';
import { MediaDistribution, type MediaDistributionProps } from '../../../constructs/delivery-edge/media-distribution';
import { SigningKeys } from '../../../constructs/delivery-edge/signing-keys';
import { hlsKeys, objectClasses } from '../../../runtime/shared/media-layout';
import { regionNames, regions } from '../../../runtime/shared/regions';

const originOf = (region: keyof typeof regions) => ({
  region,
  bucketName: `headend-hls-${region}`,
  shieldRegion: regions[region].shieldRegion,
});

function synthesize(overrides: (stack: Stack) => Partial<MediaDistributionProps> = () => ({})) {
  const stack = new Stack(new App(), 'Edge', { env: { account: '111111111111', region: 'us-east-1' } });
  new MediaDistribution(stack, 'Media', {
    origins: [originOf('us-east-1'), originOf('eu-west-1')],
    domainName: 'media.example.com',
    certificate: Certificate.fromCertificateArn(
      stack,
      'Certificate',
      'arn:aws:acm:us-east-1:111111111111:certificate/11111111-1111-1111-1111-111111111111',
    ),
    allowedOrigins: ['https://example.com'],
    webAclArn: 'arn:aws:wafv2:us-east-1:111111111111:global/webacl/media/1',
    priceClass: PriceClass.PRICE_CLASS_ALL,
    ...overrides(stack),
  });
  return { stack, template: Template.fromStack(stack) };
}

interface Behavior {
  readonly PathPattern: string;
  readonly TargetOriginId: string;
  readonly CachePolicyId: { readonly Ref: string };
  readonly ResponseHeadersPolicyId: { readonly Ref: string };
  readonly ViewerProtocolPolicy: string;
  readonly TrustedKeyGroups?: readonly unknown[];
}

function configOf(template: Template) {
  const [distribution] = Object.values(template.findResources('AWS::CloudFront::Distribution'));
  return distribution?.Properties.DistributionConfig as {
    readonly CacheBehaviors: readonly Behavior[];
    readonly DefaultCacheBehavior: Behavior;
    readonly Origins: readonly { readonly Id: string; readonly OriginShield: unknown; readonly DomainName: string }[];
    readonly CustomErrorResponses: readonly { readonly ErrorCode: number; readonly ErrorCachingMinTTL: number }[];
  };
}

/** CloudFront's matching: `*` is any run of characters, the first pattern that matches wins. */
const matches = (pattern: string, path: string) =>
  new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*')}$`).test(path);

const { template, stack } = synthesize();
const config = configOf(template);
const policies = template.findResources('AWS::CloudFront::CachePolicy');
const headers = template.findResources('AWS::CloudFront::ResponseHeadersPolicy');

function behaviorFor(path: string): Behavior {
  return config.CacheBehaviors.find(({ PathPattern }) => matches(PathPattern, path)) ?? config.DefaultCacheBehavior;
}
const ttlsFor = (path: string) => policies[behaviorFor(path).CachePolicyId.Ref]?.Properties.CachePolicyConfig;
const forcedCacheControlFor = (path: string): string | undefined =>
  headers[behaviorFor(path).ResponseHeadersPolicyId.Ref]?.Properties.ResponseHeadersPolicyConfig.CustomHeadersConfig
    ?.Items[0].Value;

describe('the media distribution', () => {
  const at = { region: 'eu-west-1', streamId: 's1', mediaAccess: 'open' } as const;
  const year = 31_536_000;

  test.each([
    ['a live playlist', hlsKeys.livePlaylist(at, '720p'), { MinTTL: 1, DefaultTTL: 1, MaxTTL: 2 }, 'public, max-age=1'],
    [
      'an event playlist',
      hlsKeys.eventPlaylist(at, '720p'),
      { MinTTL: 1, DefaultTTL: 2, MaxTTL: 4 },
      'public, max-age=2',
    ],
    [
      'a multivariant playlist',
      hlsKeys.liveMultivariant(at),
      { MinTTL: 1, DefaultTTL: 2, MaxTTL: 4 },
      'public, max-age=2',
    ],
    [
      'the latest thumbnail',
      hlsKeys.latestThumbnail(at),
      { MinTTL: 1, DefaultTTL: 10, MaxTTL: 20 },
      'public, max-age=10',
    ],
    ['a storyboard', hlsKeys.storyboard(at), { MinTTL: 1, DefaultTTL: 10, MaxTTL: 20 }, 'public, max-age=10'],
    [
      'an init segment',
      hlsKeys.initSegment(at, '720p', 3),
      { MinTTL: 86_400, DefaultTTL: year, MaxTTL: year },
      undefined,
    ],
    [
      'a media segment',
      hlsKeys.mediaSegment(at, '720p', 3, 9),
      { MinTTL: 86_400, DefaultTTL: year, MaxTTL: year },
      undefined,
    ],
    ['an old thumbnail', hlsKeys.thumbnail(at, 3, 9), { MinTTL: 86_400, DefaultTTL: year, MaxTTL: year }, undefined],
    ['a sprite sheet', hlsKeys.spriteSheet(at, 3, 0), { MinTTL: 86_400, DefaultTTL: year, MaxTTL: year }, undefined],
    ['a path of no known class', 'hls/eu-west-1/s1/other.bin', { MinTTL: 1, DefaultTTL: 1, MaxTTL: 1 }, undefined],
  ])('caches %s as the media layout says', (_, key, ttls, forced) => {
    expect(ttlsFor(`/${key}`)).toMatchObject(ttls);
    expect(forcedCacheControlFor(`/${key}`)).toBe(forced);
  });

  test('sends each region its own paths and no other', () => {
    for (const behavior of config.CacheBehaviors) {
      expect(behavior.PathPattern).toContain(`/hls/${behavior.TargetOriginId}/`);
    }
    expect(config.CacheBehaviors).toHaveLength(2 * Object.keys(objectClasses).length);
  });

  test('never forces `immutable`: a response-headers policy also covers errors', () => {
    expect(JSON.stringify(headers)).not.toContain('immutable');
  });

  test('shields every origin and reads it with origin access control', () => {
    for (const origin of config.Origins) {
      expect(origin).toMatchObject({
        DomainName: `headend-hls-${origin.Id}.s3.${origin.Id}.amazonaws.com`,
        OriginShield: { Enabled: true, OriginShieldRegion: origin.Id },
        OriginAccessControlId: expect.anything(),
      });
    }
  });

  test('caches each of the eleven error codes for one second', () => {
    expect(config.CustomErrorResponses.map(({ ErrorCode }) => ErrorCode)).toEqual([
      400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504,
    ]);
    for (const { ErrorCachingMinTTL } of config.CustomErrorResponses) expect(ErrorCachingMinTTL).toBe(1);
  });

  test('keeps cookies, headers and query strings out of every cache key', () => {
    for (const policy of Object.values(policies)) {
      expect(policy.Properties.CachePolicyConfig.ParametersInCacheKeyAndForwardedToOrigin).toMatchObject({
        CookiesConfig: { CookieBehavior: 'none' },
        HeadersConfig: { HeaderBehavior: 'none' },
        QueryStringsConfig: { QueryStringBehavior: 'none' },
      });
    }
  });

  test('answers only the configured origins, over HTTPS, HTTP/3 and TLS 1.2 or newer', () => {
    template.allResourcesProperties('AWS::CloudFront::ResponseHeadersPolicy', {
      ResponseHeadersPolicyConfig: {
        CorsConfig: {
          AccessControlAllowOrigins: { Items: ['https://example.com'] },
          AccessControlAllowCredentials: false,
        },
        SecurityHeadersConfig: { StrictTransportSecurity: { AccessControlMaxAgeSec: 63_072_000 } },
      },
    });
    for (const behavior of [...config.CacheBehaviors, config.DefaultCacheBehavior]) {
      expect(behavior.ViewerProtocolPolicy).toBe('redirect-to-https');
    }
    template.hasResourceProperties('AWS::CloudFront::Distribution', {
      DistributionConfig: {
        HttpVersion: 'http2and3',
        ViewerCertificate: { MinimumProtocolVersion: 'TLSv1.2_2021' },
        WebACLId: Match.anyValue(),
      },
    });
  });

  test('stays within the account quota of twenty cache and header policies', () => {
    expect(Object.keys(policies).length).toBeLessThanOrEqual(7);
    expect(Object.keys(headers).length).toBeLessThanOrEqual(7);
  });

  test('does not let `/` list the bucket, and leaves no warning unanswered', () => {
    template.hasResourceProperties('AWS::CloudFront::Distribution', {
      DistributionConfig: { DefaultRootObject: 'no-listing' },
    });
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
  });

  test('refuses a fleet that needs more behaviours than CloudFront allows', () => {
    expect(() => synthesize(() => ({ origins: regionNames.map(originOf) }))).toThrow(
      'the fleet needs 91 cache behaviours and CloudFront allows 75: use fewer regions',
    );
  });
});

describe('the media distribution with signing keys', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const signed = synthesize((scope) => ({
    trustedKeyGroup: new SigningKeys(scope, 'Keys', { publicKeys: [key, key] }).keyGroup,
  })).template;
  const { CacheBehaviors, DefaultCacheBehavior } = configOf(signed);
  const behaviorOf = (path: string) =>
    CacheBehaviors.find(({ PathPattern }) => matches(PathPattern, path)) ?? DefaultCacheBehavior;
  const credentialsOf = ({ ResponseHeadersPolicyId }: Behavior) =>
    signed.findResources('AWS::CloudFront::ResponseHeadersPolicy')[ResponseHeadersPolicyId.Ref]?.Properties
      .ResponseHeadersPolicyConfig.CorsConfig.AccessControlAllowCredentials;

  test('trusts the public halves', () => {
    signed.hasResourceProperties('AWS::CloudFront::PublicKey', {
      PublicKeyConfig: { EncodedKey: publicKey.export({ type: 'spki', format: 'pem' }) },
    });
  });

  test('asks for a cookie on private media, never on public', () => {
    for (const [mediaAccess, isSigned] of [
      ['signed', true],
      ['open', false],
    ] as const) {
      const at = { region: 'eu-west-1', streamId: 's1', mediaAccess };
      for (const object of [
        hlsKeys.liveMultivariant(at),
        hlsKeys.livePlaylist(at, '720p'),
        hlsKeys.initSegment(at, '720p', 1),
        hlsKeys.mediaSegment(at, '720p', 1, 1),
        hlsKeys.latestThumbnail(at),
      ]) {
        const behavior = behaviorOf(`/${object}`);
        expect([object, behavior.TrustedKeyGroups !== undefined]).toEqual([object, isSigned]);
        expect(credentialsOf(behavior)).toBe(isSigned);
        expect(behavior.TargetOriginId).toBe('eu-west-1');
      }
    }
  });

  test('leaves no way around: a path that S3 reads as private and no pattern matches needs a cookie, too', () => {
    for (const path of ['/private%2Feu-west-1/s1/index.m3u8', '/private/eu-west-1%2Fs1/720p/live.m3u8']) {
      expect(behaviorOf(path).TrustedKeyGroups).toHaveLength(1);
    }
  });
});
