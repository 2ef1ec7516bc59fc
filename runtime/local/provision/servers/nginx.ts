import { debianPackage } from '../steps/debian';
import { dockerImage } from '../steps/docker';
import { onPath } from '../steps/path';
import type { ServerDefinition } from '../types';

export const nginx: ServerDefinition = {
  title: 'nginx',
  program: 'nginx',
  versionArguments: ['-v'],
  versionPattern: /nginx\/([\d.]+)/,
  minimumVersion: '1.18',
  steps: [onPath('nginx'), debianPackage({ package: 'nginx', usually: '5 s' }), dockerImage('nginx:1.28')],
  remedy: 'apt-get install nginx, or brew install nginx, or start Docker',
};
