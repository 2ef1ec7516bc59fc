import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { policyPage } from '../../lib/policy/reference';

test('the reference of the policy is current; `npm run reference` writes it', () => {
  const onDisk = readFileSync(join(__dirname, '../../docs/reference/policy.md'), 'utf8');
  expect(onDisk).toBe(policyPage());
});
