import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');

const rows = readFileSync(join(root, 'docs/reference/checklist.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| Line') && !line.startsWith('| ---'))
  .map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );

describe('the checklist page', () => {
  it('has a row for each of the 25 lines of the checklist', () => {
    expect(rows).toHaveLength(25);
  });

  it.each(rows.map((cells) => [cells[0] ?? '', cells] as const))('%s: no cell is empty', (_line, cells) => {
    expect(cells).toHaveLength(4);
    expect(cells.filter((cell) => cell === '')).toEqual([]);
  });

  it.each(rows.map((cells) => [cells[0] ?? '', cells] as const))('%s: what it names exists', (_line, cells) => {
    const named = cells.slice(2).flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''));
    expect(named.length).toBeGreaterThanOrEqual(2);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});
