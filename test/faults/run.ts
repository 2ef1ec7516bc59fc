import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { table } from '../../bench/support/table';
import type { FaultLine } from './support/report';

/** `npm run test:faults`: breaks real servers under load and prints what was broken, for how long, and what was lost. */
const scratch = mkdtempSync(join(tmpdir(), 'headend-faults-'));
const file = join(scratch, 'table.jsonl');
writeFileSync(file, '');
const jest = join(__dirname, '../../node_modules/.bin/jest');
const { status } = spawnSync(jest, ['--runInBand', 'test/faults', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, FAULT_TABLE: file },
});
const lines = readFileSync(file, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line) as FaultLine);
rmSync(scratch, { recursive: true });
console.log(
  `\n${table(
    ['fault', 'injected', 'observed', 'lost'],
    lines.map(({ fault, injected, observed, lost }) => [fault, injected, observed, String(lost)]),
  )}`,
);
process.exitCode = status ?? 1;
