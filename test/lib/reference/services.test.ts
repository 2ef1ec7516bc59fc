import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorsPage, routesPage } from '../../../lib/reference/services';

const onDisk = (page: string) => readFileSync(join(__dirname, '../../../docs/reference', page), 'utf8');

describe('the reference', () => {
  it('of the routes is current; `npm run reference` writes it', () => {
    expect(onDisk('routes.md')).toBe(routesPage());
  });

  it('of the errors is current; `npm run reference` writes it', () => {
    expect(onDisk('errors.md')).toBe(errorsPage());
  });
});
