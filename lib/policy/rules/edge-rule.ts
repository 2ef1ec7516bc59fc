import { defineRule, type Finding } from '../rule';
import { ofType, type Properties, properties, property, type Resource, referenceTo, type Subject } from '../subject';

const at = ({ path }: Resource, faults: readonly string[]): Finding[] =>
  faults.filter(Boolean).map((detail) => ({ where: path, detail }));

const config = 'DistributionConfig';
const longestPlaylistTtlSeconds = 5;
const shortestSegmentTtlSeconds = 86_400;
const longestErrorTtlSeconds = 1;

export const edge = defineRule({
  id: 'H19-edge',
  reason:
    'the edge is the whole front: unprotected it is flooded, mis-cached it freezes or starts every stream with an error',
  fix: 'give every distribution a web ACL, TLS 1.2 of 2021, HTTPS and logs; shield S3; cache playlists shortly and segments long',
  check: (subject) => [
    ...ofType(subject, 'AWS::CloudFront::Distribution').flatMap((each) => at(each, distributionFaults(each, subject))),
    ...ofType(subject, 'AWS::WAFv2::WebACL').flatMap((each) => at(each, aclFaults(each, subject))),
  ],
});

function distributionFaults(resource: Resource, subject: Subject): string[] {
  const behaviors = [
    property(resource, config, 'DefaultCacheBehavior') as Properties,
    ...properties(resource, config, 'CacheBehaviors'),
  ];
  const unshielded = properties(resource, config, 'Origins').filter(
    ({ S3OriginConfig, OriginShield }) => S3OriginConfig && (OriginShield as Properties | undefined)?.Enabled !== true,
  );
  const tls = property(resource, config, 'ViewerCertificate', 'MinimumProtocolVersion');
  const errors = properties(resource, config, 'CustomErrorResponses');
  return [
    property(resource, config, 'WebACLId') === undefined ? 'has no web ACL' : '',
    tls === 'TLSv1.2_2021' || tls === 'TLSv1.3_2025' ? '' : `allows ${tls ?? 'TLSv1'}`,
    hasLog(resource, subject) ? '' : 'keeps no access log',
    ...unshielded.map(({ Id }) => `origin ${Id} has no shield`),
    ...behaviors
      .filter(({ ViewerProtocolPolicy }) => ViewerProtocolPolicy === 'allow-all')
      .map(({ PathPattern = '*' }) => `${PathPattern} answers plain HTTP`),
    ...behaviors.flatMap((behavior) => cachingFaults(behavior, resource, subject)),
    errors.some(({ ErrorCachingMinTTL }) => Number(ErrorCachingMinTTL) <= longestErrorTtlSeconds)
      ? ''
      : 'caches errors for ten seconds',
  ];
}

function cachingFaults({ PathPattern, CachePolicyId }: Properties, { stack }: Resource, subject: Subject): string[] {
  const pattern = String(PathPattern ?? '');
  const policy = ofType(subject, 'AWS::CloudFront::CachePolicy').find(
    (each) => each.stack === stack && each.logicalId === referenceTo(CachePolicyId),
  );
  if (!policy) return [];
  const ttl = (name: string) => Number(property(policy, 'CachePolicyConfig', name) ?? 0);
  if (pattern.endsWith('.m3u8') && ttl('MaxTTL') > longestPlaylistTtlSeconds) {
    return [`${pattern} may be cached for ${ttl('MaxTTL')} s`];
  }
  if (pattern.endsWith('.m4s') && ttl('MinTTL') < shortestSegmentTtlSeconds) {
    return [`${pattern} may be cached for ${ttl('MinTTL')} s only`];
  }
  return [];
}

function hasLog(resource: Resource, subject: Subject): boolean {
  return (
    property(resource, config, 'Logging') !== undefined ||
    ofType(subject, 'AWS::Logs::DeliverySource').some(
      ({ stack, properties: source }) =>
        stack === resource.stack && JSON.stringify(source.ResourceArn ?? '').includes(`"${resource.logicalId}"`),
    )
  );
}

function aclFaults(resource: Resource, subject: Subject): string[] {
  const rules = properties(resource, 'Rules');
  const logged = ofType(subject, 'AWS::WAFv2::LoggingConfiguration').some(
    (log) => log.stack === resource.stack && referenceTo(property(log, 'ResourceArn')) === resource.logicalId,
  );
  return [
    rules.some((rule) => JSON.stringify(rule).includes('ManagedRuleGroupStatement')) ? '' : 'uses no managed group',
    logged ? '' : 'keeps no log',
  ];
}
