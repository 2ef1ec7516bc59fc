import { dockerImage } from '../steps/docker';
import { goInstall } from '../steps/go';
import { onPath } from '../steps/path';
import type { ServerDefinition } from '../types';

const version = 'v1.13.5';

export const livekit: ServerDefinition = {
  title: 'LiveKit',
  urlVariable: 'HEADEND_LIVEKIT_URL',
  program: 'livekit-server',
  versionArguments: ['--version'],
  versionPattern: /version ([\d.]+)/,
  minimumVersion: '1.13',
  steps: [
    onPath('livekit-server'),
    goInstall({
      package: 'github.com/livekit/livekit-server/cmd/server',
      version,
      program: 'livekit-server',
      usually: 'two to five minutes',
    }),
    dockerImage(`livekit/livekit-server:${version}`),
  ],
  remedy:
    'install Go 1.25 or newer (apt-get install golang, brew install go), or brew install livekit, or start Docker',
};
