import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workloadsPage } from '../../lib/reference/workloads';

test('docs/reference/workloads.md is what `npm run reference` writes', () => {
  expect(readFileSync(join(__dirname, '../../docs/reference/workloads.md'), 'utf8')).toBe(workloadsPage());
});
