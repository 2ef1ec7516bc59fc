import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  type LifecycleRule,
  ObjectOwnership,
  StorageClass,
  TransitionDefaultMinimumObjectSize,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { retentionDays, retentionTag } from '../../runtime/shared/media-layout';

export interface RecordingsBucketProps {
  readonly bucketName: string;
  readonly accessLogs: IBucket;
  /** Whether it outlives its stack. */
  readonly retain: boolean;
}

/**
 * One MP4 per broadcast. The packager tags it with its retention class; when the class is over it goes to Deep Archive
 * and comes back only by a restore. Posters and metadata carry no tag and so never leave.
 */
export class RecordingsBucket extends Construct {
  readonly bucket: IBucket;

  constructor(scope: Construct, id: string, { bucketName, accessLogs, retain }: RecordingsBucketProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      bucketName,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      versioned: true,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: 'recordings-bucket/',
      // Objects under 128 KiB would silently stay in Standard otherwise, whatever their tag says.
      transitionDefaultMinimumObjectSize: TransitionDefaultMinimumObjectSize.VARIES_BY_STORAGE_CLASS,
      lifecycleRules: [
        ...retentionDays.map(archiveAfter),
        {
          id: 'clean-up',
          abortIncompleteMultipartUploadAfter: Duration.days(1),
          // A deleted or overwritten recording can be fetched back for a month.
          noncurrentVersionExpiration: Duration.days(30),
          expiredObjectDeleteMarker: true,
        },
      ],
      removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      autoDeleteObjects: !retain,
    }) as IBucket;
  }
}

function archiveAfter(days: number): LifecycleRule {
  return {
    id: `archive-after-${days}-days`,
    tagFilters: { [retentionTag]: String(days) },
    transitions: [{ storageClass: StorageClass.DEEP_ARCHIVE, transitionAfter: Duration.days(days) }],
  };
}
