import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { flagsPage, tiersPage } from '../../../lib/config/reference';

const onDisk = (page: string) => readFileSync(join(__dirname, '../../../docs/reference', page), 'utf8');

describe('the reference', () => {
  it('of the flags is current; `npm run reference` writes it', () => {
    expect(onDisk('flags.md')).toBe(flagsPage());
  });

  it('of the tiers is current; `npm run reference` writes it', () => {
    expect(onDisk('tiers.md')).toBe(tiersPage());
  });
});
