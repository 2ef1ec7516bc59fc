import { aptInstall } from '../steps/apt';
import { onPath } from '../steps/path';
import type { ServerDefinition } from '../types';

/** For the browser tests only. */
export const chromium: ServerDefinition = {
  title: 'Chromium',
  program: 'chromium',
  versionArguments: ['--version'],
  versionPattern: /Chromium ([\d.]+)/,
  minimumVersion: '120',
  steps: [onPath('chromium'), aptInstall({ package: 'chromium', program: 'chromium', usually: 'one minute' })],
  remedy: 'sudo apt-get install chromium, or brew install --cask chromium',
};
