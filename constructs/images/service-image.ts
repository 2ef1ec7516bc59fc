import { join, resolve } from 'node:path';
import { IgnoreMode } from 'aws-cdk-lib';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { Construct } from 'constructs';

export interface ServiceImageProps {
  /** Name of the folder under `runtime/` that holds the Dockerfile. */
  readonly service: string;
  readonly architecture: 'arm64' | 'x86_64';
}

const root = resolve(__dirname, '../..');
const platforms = { arm64: Platform.LINUX_ARM64, x86_64: Platform.LINUX_AMD64 } as const;

/**
 * Image of one of our services, built and pushed at deployment and named by the hash of what it is built from:
 * `.dockerignore` says what that is.
 */
export class ServiceImage extends Construct {
  /** Repository and immutable tag. */
  readonly uri: string;

  constructor(scope: Construct, id: string, { service, architecture }: ServiceImageProps) {
    super(scope, id);
    this.uri = new DockerImageAsset(this, 'Image', {
      directory: root,
      file: join('runtime', service, 'Dockerfile'),
      ignoreMode: IgnoreMode.DOCKER,
      platform: platforms[architecture],
    }).imageUri;
  }
}
