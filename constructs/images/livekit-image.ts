import { join } from 'node:path';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { Construct } from 'constructs';

export interface LivekitImageProps {
  readonly architecture: 'arm64' | 'x86_64';
}

/** LiveKit's own image, copied into our registry: a pod that moves must not depend on somebody else's rate limit. */
export class LivekitImage extends Construct {
  readonly uri: string;

  constructor(scope: Construct, id: string, { architecture }: LivekitImageProps) {
    super(scope, id);
    this.uri = new DockerImageAsset(this, 'Image', {
      directory: join(__dirname, 'livekit'),
      platform: architecture === 'arm64' ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64,
    }).imageUri;
  }
}
