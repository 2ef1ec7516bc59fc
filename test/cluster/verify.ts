import { nameLabel } from '../../k8s/names';
import { tierOf } from '../../lib/config/tiers';
import { killRemaining } from '../../runtime/local/child-process';
import { cells } from '../k8s/cells';
import { checks } from './checks';
import { startControlPlane } from './control-plane/control-plane';
import { startMetricsServer } from './control-plane/metrics-server';
import { versions } from './toolchain/versions';

/**
 * `npm run verify:cluster [-- 1k 10k …]`: applies each tier's charts to a real control plane and asks it. Exits
 * non-zero on a miss.
 */

const portBase = 21_000;
const metricsPort = portBase + 10;

interface Row {
  readonly cell: string;
  readonly check: string;
  readonly passed: boolean;
  readonly detail: string;
  readonly seconds: number;
}

async function verifyCell([cell, inputs]: (typeof cells)[number]): Promise<Row[]> {
  const tier = tierOf(inputs.figures.name as '1k' | '10k' | '100k');
  const cluster = await startControlPlane({ portBase, say: console.error, simulateNodes: true });
  const rows: Row[] = [];
  const metrics = await startMetricsServer(cluster, metricsPort, nameLabel);
  try {
    for (const [check, run] of Object.entries(checks)) {
      const begun = Date.now();
      const outcome = await run({ cluster, metrics, inputs, tier }).then(
        (detail) => ({ passed: true, detail }),
        (error: Error) => ({ passed: false, detail: error.message }),
      );
      const row = { cell, check, ...outcome, seconds: (Date.now() - begun) / 1_000 };
      rows.push(row);
      console.log(line(row));
      // What follows would only tell of the same again.
      if (!row.passed) break;
    }
  } finally {
    await metrics.stop();
    await cluster.stop();
  }
  return rows;
}

function line({ cell, check, passed, detail, seconds }: Row): string {
  const mark = passed ? 'ok    ' : 'MISSED';
  return `${cell.padEnd(12)} ${mark} ${check.padEnd(36)} ${seconds.toFixed(1).padStart(6)} s  ${detail}`;
}

async function main(): Promise<void> {
  const wanted = process.argv.slice(2);
  const chosen = cells.filter(([name]) => wanted.length === 0 || wanted.includes(name.split(' ')[0] ?? name));
  if (chosen.length === 0) throw new Error(`no such tier: ${wanted.join(', ')}; there are 1k, 10k, 100k`);
  const begun = Date.now();
  const rows: Row[] = [];
  for (const cell of chosen) rows.push(...(await verifyCell(cell)));
  const missed = rows.filter(({ passed }) => !passed).length;
  const minutes = ((Date.now() - begun) / 60_000).toFixed(1);
  console.log(
    `Kubernetes ${versions.kubernetes}, nodes simulated by kwok ${versions.kwok}: ${rows.length - missed} proven, ${missed} missed, ${minutes} min`,
  );
  process.exitCode = missed === 0 ? 0 : 1;
}

process.once('exit', killRemaining);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
main().catch((error: unknown) => {
  console.error((error as Error).message);
  process.exitCode = 1;
});
