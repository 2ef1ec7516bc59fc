import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveServer } from '../runtime/local/provision/resolve';
import { serverKeys, servers } from '../runtime/local/provision/table';
import type { ServerReport } from '../runtime/local/provision/types';

/**
 * `npm test`: every section but the long proofs, or only the sections named as arguments. Ends with `N passed, N failed`; exits non-zero when
 * anything failed. A check without tests of its own (types, lint) counts as one.
 */
interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const repository = join(__dirname, '..');
const ok: Outcome = { passed: 1, failed: 0, skipped: 0 };
const notOk: Outcome = { passed: 0, failed: 1, skipped: 0 };

/** Tests that start the whole platform: one at a time, each wants the machine. */
const wholePlatform = ['/test/e2e/', '/test/local/npm-start'];

/** Long proofs, run by name: `npm test -- long`, `npm run test:faults`, `npm run test:media`. */
const long = ['/test/faults/', '/test/media/'];

const sections: Readonly<Record<string, () => Promise<Outcome>>> = {
  servers: provision,
  types: async () => ((await succeeds('npm', ['run', '--silent', 'typecheck'])) ? ok : notOk),
  lint: async () => ((await succeeds('npm', ['run', '--silent', 'lint'])) ? ok : notOk),
  // Most wait for real servers: four at a time keep two processors busy.
  tests: () => jest(['--maxWorkers', '4', '--testPathIgnorePatterns', ...wholePlatform, ...long]),
  platform: () => jest(['--runInBand', ...wholePlatform]),
  long: () => jest(['--runInBand', ...long]),
};

const onlyByName: readonly string[] = ['long'];

const found: ServerReport[] = [];

/** Finds or installs every server and browser that the tests use: a missing one is a failure, never a skip. */
async function provision(): Promise<Outcome> {
  let failed = 0;
  for (const key of serverKeys) {
    try {
      const { report } = await resolveServer(servers[key], (sentence) => console.log(`${key}: ${sentence}`), {});
      found.push(report);
      console.log(`${key}: ${report.version}, ${report.origin}${standInNote(report)}`);
    } catch (error) {
      failed += 1;
      console.log(`${key}: ${(error as Error).message}`);
    }
  }
  return failed === 0 ? ok : { passed: 0, failed, skipped: 0 };
}

const standInNote = ({ standIn }: ServerReport) => (standIn === undefined ? '' : `, STAND-IN: ${standIn}`);

/** The AWS SDK's advice on Node versions, which every test process would repeat. */
const quiet = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };

/** Runs a program of this repository with its output shown. */
function run(program: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const bin = join(repository, 'node_modules/.bin');
    const environment = { ...process.env, ...quiet, PATH: `${bin}:${process.env.PATH}` };
    const child = spawn(program, args, { cwd: repository, stdio: ['ignore', 'inherit', 'inherit'], env: environment });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

const succeeds = async (program: string, args: readonly string[]) => (await run(program, args)) === 0;

async function jest(args: readonly string[]): Promise<Outcome> {
  const scratch = mkdtempSync(join(tmpdir(), 'headend-test-'));
  const file = join(scratch, 'result.json');
  try {
    const code = await run('jest', [...args, '--json', '--outputFile', file]);
    const outcome = countTests(JSON.parse(readFileSync(file, 'utf8')) as JestResult);
    // Jest may fail for more than its tests, e.g. a broken configuration.
    return code !== 0 && outcome.failed === 0 ? { ...outcome, failed: 1 } : outcome;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

interface JestResult {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  /** Files that could not even be loaded: none of their tests is counted elsewhere. */
  readonly numRuntimeErrorTestSuites: number;
}

function countTests(result: JestResult): Outcome {
  return {
    passed: result.numPassedTests,
    failed: result.numFailedTests + result.numRuntimeErrorTestSuites,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}

async function main(wanted: readonly string[]): Promise<void> {
  const unknown = wanted.filter((name) => !(name in sections));
  if (unknown.length > 0) {
    throw new Error(`no section is called ${unknown.join(', ')}; there are: ${Object.keys(sections).join(', ')}`);
  }
  const summary: string[] = [];
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, section] of Object.entries(sections)) {
    if (wanted.length > 0 ? !wanted.includes(name) : onlyByName.includes(name)) continue;
    console.log(`\n== ${name}`);
    const startedAt = performance.now();
    const outcome = await section();
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    summary.push(`${name.padEnd(10)} ${seconds.padStart(7)} s  ${describe(outcome)}`);
    total.passed += outcome.passed;
    total.failed += outcome.failed;
    total.skipped += outcome.skipped;
  }
  console.log(`\n${summary.join('\n')}`);
  for (const report of found.filter(({ standIn }) => standIn !== undefined)) {
    console.log(`${report.name} was tested on a stand-in: ${report.standIn} ${report.version}`);
  }
  console.log(`\n${describe(total)}`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}

function describe({ passed, failed, skipped }: Outcome): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
