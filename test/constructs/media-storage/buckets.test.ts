import { Match } from 'aws-cdk-lib/assertions';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { HlsBucket } from '../../../constructs/media-storage/hls-bucket';
import { RecordingsBucket } from '../../../constructs/media-storage/recordings-bucket';
import { wholeBucketMetrics } from '../../../constructs/observability/byte-offload';
import { retentionDays, retentionTag } from '../../../runtime/shared/media-layout';
import { RegionFixture } from '../support';

function buckets(retain: boolean, signedPlayback = true) {
  const stack = new RegionFixture();
  const accessLogs = new Bucket(stack, 'Logs') as IBucket;
  new HlsBucket(stack, 'Hls', { bucketName: 'hls', accessLogs, retain, signedPlayback });
  new RecordingsBucket(stack, 'Recordings', { bucketName: 'recordings', accessLogs, retain });
  return stack.template;
}

const named = (bucketName: string, properties: object) => ({ BucketName: bucketName, ...properties });

describe('both buckets', () => {
  it.each(['hls', 'recordings'])('%s is private, encrypted, logged, and forbids plain HTTP', (bucket) => {
    const template = buckets(true);
    template.hasResourceProperties(
      'AWS::S3::Bucket',
      named(bucket, {
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        BucketEncryption: Match.anyValue(),
        LoggingConfiguration: Match.objectLike({ LogFilePrefix: `${bucket}-bucket/` }),
      }),
    );
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
  });

  it('stay when their stack goes, unless nothing is to be kept', () => {
    buckets(true).hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Retain', Properties: named('hls', {}) });
    const disposable = buckets(false);
    disposable.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Delete', Properties: named('hls', {}) });
    disposable.resourceCountIs('Custom::S3AutoDeleteObjects', 2);
  });
});

describe('the HLS bucket', () => {
  it('expires media after 30 days and keeps no versions of a playlist', () => {
    buckets(true).hasResourceProperties(
      'AWS::S3::Bucket',
      named('hls', {
        VersioningConfiguration: Match.absent(),
        LifecycleConfiguration: {
          Rules: [
            Match.objectLike({
              ExpirationInDays: 30,
              AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
              Status: 'Enabled',
            }),
          ],
        },
      }),
    );
  });

  it('publishes the request metrics that byte offload is made of', () => {
    buckets(true).hasResourceProperties(
      'AWS::S3::Bucket',
      named('hls', { MetricsConfigurations: [{ Id: wholeBucketMetrics }] }),
    );
  });

  it('is read by CloudFront distributions of this account only, which may list so that a missing key is 404', () => {
    buckets(true).hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Allow',
            Principal: { Service: 'cloudfront.amazonaws.com' },
            Action: ['s3:GetObject', 's3:ListBucket'],
            Condition: Match.objectLike({ StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } }),
          }),
        ]),
      },
    });
  });
});

describe('private media', () => {
  const readable = (signedPlayback: boolean) => {
    const [policy] = Object.values(buckets(true, signedPlayback).findResources('AWS::S3::BucketPolicy')).filter(
      ({ Properties }) => JSON.stringify(Properties).includes('cloudfront.amazonaws.com'),
    );
    return JSON.stringify(policy?.Properties.PolicyDocument).match(/\/(hls|private)\/\*/g);
  };

  it('is read by the CDN where the CDN checks cookies, and nowhere else', () => {
    expect(readable(true)).toEqual(['/hls/*', '/private/*']);
    expect(readable(false)).toEqual(['/hls/*']);
  });
});

describe('the recordings bucket', () => {
  it('archives by retention class, and nothing without one', () => {
    const [bucket] = Object.values(
      buckets(true).findResources('AWS::S3::Bucket', { Properties: named('recordings', {}) }),
    );
    const rules: Record<string, unknown>[] = bucket?.Properties.LifecycleConfiguration.Rules ?? [];
    const archiving = rules.filter(({ Transitions }) => Transitions !== undefined);
    expect(archiving.map(({ TagFilters, Transitions }) => ({ TagFilters, Transitions }))).toEqual(
      retentionDays.map((days) => ({
        TagFilters: [{ Key: retentionTag, Value: String(days) }],
        Transitions: [{ StorageClass: 'DEEP_ARCHIVE', TransitionInDays: days }],
      })),
    );
  });

  it('archives small recordings too', () => {
    buckets(true).hasResourceProperties(
      'AWS::S3::Bucket',
      named('recordings', {
        VersioningConfiguration: { Status: 'Enabled' },
        LifecycleConfiguration: Match.objectLike({ TransitionDefaultMinimumObjectSize: 'varies_by_storage_class' }),
      }),
    );
  });
});
