import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { mediaPrefixes } from '../../runtime/shared/media-layout';

/** Open and signed media. */
const prefixes = Object.values(mediaPrefixes);

export interface MediaBuckets {
  readonly hlsArn: string;
  readonly recordingsArn: string;
}

/** A packager writes its own region's media and nothing else; it reads segments again to make the recording. */
export function packagerPermissions({ hlsArn, recordingsArn }: MediaBuckets, region: string): PolicyStatement[] {
  return [
    new PolicyStatement({
      sid: 'WriteMedia',
      actions: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:ListMultipartUploadParts', 's3:PutObject'],
      resources: prefixes.map((prefix) => `${hlsArn}/${prefix}${region}/*`),
    }),
    new PolicyStatement({
      sid: 'WriteRecordings',
      actions: [
        's3:AbortMultipartUpload',
        's3:GetObject',
        's3:ListMultipartUploadParts',
        's3:PutObject',
        's3:PutObjectTagging',
      ],
      resources: [`${recordingsArn}/recordings/${region}/*`],
    }),
    // Without it a missing object is "forbidden" and a health check cannot tell the two apart.
    new PolicyStatement({ sid: 'SeeBuckets', actions: ['s3:ListBucket'], resources: [hlsArn, recordingsArn] }),
  ];
}

/**
 * The stream service serves, archives, restores and removes recordings of the whole fleet, removes media that is taken
 * down, and purges the CDN of it. It alone may restore: a restore costs money by the gigabyte.
 */
export function streamPermissions(fleet: readonly MediaBuckets[]): PolicyStatement[] {
  const recordings = fleet.map(({ recordingsArn }) => recordingsArn);
  const media = fleet.map(({ hlsArn }) => hlsArn);
  return [
    new PolicyStatement({
      sid: 'KeepRecordings',
      actions: ['s3:DeleteObject', 's3:GetObject', 's3:GetObjectTagging', 's3:PutObjectTagging', 's3:RestoreObject'],
      resources: recordings.map((arn) => `${arn}/recordings/*`),
    }),
    new PolicyStatement({
      sid: 'RemoveMedia',
      actions: ['s3:DeleteObject', 's3:GetObject'],
      resources: media.flatMap((arn) => prefixes.map((prefix) => `${arn}/${prefix}*`)),
    }),
    new PolicyStatement({ sid: 'SeeBuckets', actions: ['s3:ListBucket'], resources: [...recordings, ...media] }),
    new PolicyStatement({
      sid: 'PurgeCdn',
      actions: ['cloudfront:CreateInvalidation'],
      // The distribution's id is known to the global edge only.
      resources: [`arn:${Aws.PARTITION}:cloudfront::${Aws.ACCOUNT_ID}:distribution/*`],
    }),
    // By its host name the service finds the one to purge.
    new PolicyStatement({ sid: 'FindCdn', actions: ['cloudfront:ListDistributions'], resources: ['*'] }),
  ];
}
