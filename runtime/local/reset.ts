import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lockHolder } from './data-directory';
import { repository } from './platform';

/** `npm run reset`: forgets all data of the laptop run. */
const directory = join(repository, '.headend');
const holder = lockHolder(join(directory, 'lock'));
if (holder !== undefined) {
  console.error(`Headend runs (process ${holder}). End it first: Ctrl-C in its terminal, or kill ${holder}.`);
  process.exitCode = 1;
} else if (existsSync(directory)) {
  rmSync(directory, { recursive: true, force: true });
  console.log(`Removed ${directory}`);
} else console.log(`Nothing to remove: there is no ${directory}`);
