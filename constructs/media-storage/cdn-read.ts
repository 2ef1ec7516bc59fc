import { Aws } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';

/**
 * Lets CloudFront distributions of this account read, without naming one: naming it would tie the regional stack to the
 * global one. Listing is what turns the answer for a missing key from 403 into 404.
 *
 * @param prefixes keys that may be read
 */
export function allowCdnToRead(bucket: Bucket, prefixes: readonly string[]): void {
  bucket.addToResourcePolicy(
    new PolicyStatement({
      sid: 'CloudFrontOfThisAccount',
      principals: [new ServicePrincipal('cloudfront.amazonaws.com')],
      actions: ['s3:GetObject', 's3:ListBucket'],
      resources: [bucket.bucketArn, ...prefixes.map((prefix) => bucket.arnForObjects(`${prefix}*`))],
      conditions: {
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
        ArnLike: { 'aws:SourceArn': `arn:${Aws.PARTITION}:cloudfront::${Aws.ACCOUNT_ID}:distribution/*` },
      },
    }),
  );
}
