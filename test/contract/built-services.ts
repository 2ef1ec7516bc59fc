import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildServices } from '../../runtime/build';

/** Inside the repository, where the services find their packages. */
const parent = join(__dirname, '../../dist');
/** Jest's workers inherit it. */
const variable = 'HEADEND_BUILT_SERVICES';

/**
 * Where the services lie built for as long as this run takes. Jest has them built before its workers start, a bench when
 * it starts the first.
 */
export async function builtServices(): Promise<string> {
  const built = process.env[variable];
  if (built !== undefined) return built;
  mkdirSync(parent, { recursive: true });
  const directory = mkdtempSync(join(parent, 'under-test-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  await buildServices(directory);
  process.env[variable] = directory;
  return directory;
}

/** Jest's `globalSetup`. */
export default builtServices;
