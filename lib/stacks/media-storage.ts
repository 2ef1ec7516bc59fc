import { Aws } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { HlsBucket } from '../../constructs/media-storage/hls-bucket';
import { RecordingsBucket } from '../../constructs/media-storage/recordings-bucket';
import { bucketName } from '../config/names';
import type { NetworkStack } from './network';
import { PlatformStack, type RegionalProps } from './platform-stack';

export interface MediaStorageStackProps extends RegionalProps {
  readonly network: NetworkStack;
}

/** Where the region's media lies. */
export class MediaStorageStack extends PlatformStack {
  readonly hls: IBucket;
  readonly recordings: IBucket;

  constructor(scope: Construct, props: MediaStorageStackProps) {
    super(scope, 'media-storage', props, { description: 'Headend: HLS and recordings', holdsData: true });
    const shared = { accessLogs: props.network.accessLogs, retain: this.config.protection.retainData };
    const name = (role: 'hls' | 'recordings') => bucketName(this.config, role, Aws.ACCOUNT_ID, props.region);
    const signedPlayback = this.config.playbackKeys !== undefined;
    this.hls = new HlsBucket(this, 'Hls', { ...shared, bucketName: name('hls'), signedPlayback }).bucket;
    this.recordings = new RecordingsBucket(this, 'Recordings', { ...shared, bucketName: name('recordings') }).bucket;
  }
}
