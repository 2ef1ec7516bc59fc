import { join } from 'node:path';
import { dockerImage } from '../steps/docker';
import { mavenServer } from '../steps/maven';
import { onPath } from '../steps/path';
import type { ServerDefinition } from '../types';

const standInVersion = '1.47.0';

/**
 * A real MongoDB where there is one. The last step is no MongoDB: it speaks the wire protocol, and what it cannot do
 * (docs/adr/011-document-store-locally.md) is named wherever it runs.
 */
export const mongo: ServerDefinition = {
  title: 'MongoDB wire',
  urlVariable: 'HEADEND_MONGO_URL',
  program: 'mongod',
  versionArguments: ['--version'],
  versionPattern: /version v?([\d.]+)/,
  minimumVersion: '1',
  steps: [
    onPath('mongod'),
    dockerImage('mongo:8'),
    mavenServer({
      artifacts: [`de.bwaldvogel:mongo-java-server-h2-backend:${standInVersion}`, 'org.slf4j:slf4j-nop:2.0.17'],
      key: `mongo-java-server-${standInVersion}`,
      launcher: join(__dirname, '../../servers/MongoStandIn.java'),
      mainClass: 'MongoStandIn',
      standIn: 'mongo-java-server: MongoDB-compatible, not MongoDB',
      usually: '25 s',
    }),
  ],
  remedy: 'apt-get install default-jdk maven, or set HEADEND_MONGO_URL=mongodb://…, or start Docker',
};
