import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { hlsExpiryDays, mediaPrefixes } from '../../runtime/shared/media-layout';
import { wholeBucketMetrics } from '../observability/byte-offload';
import { allowCdnToRead } from './cdn-read';

export interface HlsBucketProps {
  /** Deterministic: the edge, in another region, finds the bucket by name. */
  readonly bucketName: string;
  readonly accessLogs: IBucket;
  /** Whether it outlives its stack. */
  readonly retain: boolean;
  /** Whether the CDN checks cookies. Where it does not, it may not read private media either. */
  readonly signedPlayback: boolean;
}

/** Segments and playlists of one region, read by the CDN only. */
export class HlsBucket extends Construct {
  readonly bucket: IBucket;

  constructor(scope: Construct, id: string, { bucketName, accessLogs, retain, signedPlayback }: HlsBucketProps) {
    super(scope, id);
    const bucket = new Bucket(this, 'Bucket', {
      bucketName,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      // Not KMS: the CDN would need the key and every cache miss would pay for a decryption.
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      // A playlist is overwritten every two seconds; versions would keep every copy.
      versioned: false,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: 'hls-bucket/',
      // Requests and bytes are not published per bucket unless asked for; the dashboard's byte offload reads them.
      metrics: [{ id: wholeBucketMetrics }],
      lifecycleRules: [
        {
          id: 'expire',
          expiration: Duration.days(hlsExpiryDays),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      autoDeleteObjects: !retain,
    });
    allowCdnToRead(bucket, [mediaPrefixes.open, ...(signedPlayback ? [mediaPrefixes.signed] : [])]);
    this.bucket = bucket as IBucket;
  }
}
