import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { policyPage } from '../policy/reference';
import { errorsPage, routesPage } from '../reference/services';
import { workloadsPage } from '../reference/workloads';
import { flagsPage, tiersPage } from './reference';

const directory = join(__dirname, '../../docs/reference');

writeFileSync(join(directory, 'flags.md'), flagsPage());
writeFileSync(join(directory, 'tiers.md'), tiersPage());
writeFileSync(join(directory, 'errors.md'), errorsPage());
writeFileSync(join(directory, 'routes.md'), routesPage());
writeFileSync(join(directory, 'policy.md'), policyPage());
writeFileSync(join(directory, 'workloads.md'), workloadsPage());
