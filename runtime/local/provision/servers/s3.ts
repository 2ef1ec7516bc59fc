import { dockerImage } from '../steps/docker';
import { goInstall } from '../steps/go';
import { onPath } from '../steps/path';
import type { ServerDefinition } from '../types';

const version = 'v1.8.0';

export const s3: ServerDefinition = {
  title: 'S3',
  urlVariable: 'HEADEND_S3_URL',
  program: 'versitygw',
  versionArguments: ['--version'],
  versionPattern: /Version\s*: v?([\d.]+)/,
  minimumVersion: '1.0',
  steps: [
    onPath('versitygw'),
    goInstall({
      package: 'github.com/versity/versitygw/cmd/versitygw',
      version,
      program: 'versitygw',
      linkerFlags: `-X main.Version=${version}`,
      usually: 'one minute',
    }),
    dockerImage(`versity/versitygw:${version}`),
  ],
  remedy: `install Go 1.25 or newer (apt-get install golang, brew install go), or start Docker`,
};
