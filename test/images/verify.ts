import { table } from '../../lib/cli/format';
import { type Exit, killRemaining, type RunningProcess } from '../../runtime/local/child-process';
import { type LocalService, localServices } from '../../runtime/local/port-plan';
import { probes } from '../../runtime/shared/contract';
import { requireRootOnLinux, requireTools } from '../cluster/toolchain/requirements';
import { buildImages, imageNames } from './build';
import {
  confinementOf,
  finish,
  imageMegabytes,
  probe,
  removeContainer,
  startContainer,
  terminate,
  untilStatus,
} from './containers';
import { type Dependencies, drainSeconds, startDependencies } from './dependencies';

/**
 * `npm run verify:images`: builds every Dockerfile's image and runs it as a container, first without what it depends on,
 * then with real servers. Prints a table; exits non-zero on a miss. Needs root on Linux and a few of Debian's packages.
 */

const packages = { buildah: 'buildah', mmdebstrap: 'mmdebstrap', podman: 'podman', runc: 'runc' };
/** Of every Dockerfile. */
const imageUser = 10_001;
/** Not a promise: how long a busy machine may take. */
const patienceMs = 120_000;

/** What `/readyz` must name while dependencies are away. */
const dependenciesOf: Readonly<Record<LocalService, readonly string[]>> = {
  auth: ['migrations', 'postgres'],
  stream: ['migrations', 'postgres', 'redis'],
  chat: ['redis'],
  analytics: ['redis'],
  web: ['pages'],
  ingest: ['redis'],
  packager: ['redis', 'storage'],
};

const columns = ['image', 'size', 'uid', '/livez', '/readyz before', '→ after', 'SIGTERM'] as const;
type Row = Record<(typeof columns)[number], string>;

const rows: Row[] = [];
let missed = 0;

/** What a check says, or that it missed and why. */
async function cell(check: () => Promise<string>): Promise<string> {
  try {
    return await check();
  } catch (error) {
    missed += 1;
    return `MISSED: ${(error as Error).message}`;
  }
}

async function newRow(image: string): Promise<Row> {
  const size = `${(await imageMegabytes(image)).toFixed(0)} MB`;
  const uid = await cell(() => confined(image));
  const row = { image, size, uid, '/livez': '', '/readyz before': '', '→ after': '', SIGTERM: '' };
  rows.push(row);
  return row;
}

interface Served {
  readonly service: LocalService;
  readonly container: RunningProcess;
  readonly row: Row;
  readonly url: string;
}

/** Starts a service with nothing to depend on. */
async function startAlone(service: LocalService, dependencies: Dependencies): Promise<Served> {
  const { ports, environments, directory } = dependencies;
  const row = await newRow(service);
  const url = `http://127.0.0.1:${ports[`${service}Management`]}`;
  const environment = { ...environments[service], DRAIN_SECONDS: String(drainSeconds) };
  const begun = Date.now();
  const container = await startContainer({ image: service, environment, directory });
  row['/livez'] = await cell(async () => {
    await untilStatus(url + probes.live, 200, container, patienceMs);
    return `200 after ${secondsSince(begun)} s`;
  });
  row['/readyz before'] = await cell(async () => {
    const { status, body } = await probe(url + probes.ready);
    const missing = Object.keys((JSON.parse(body) as { missing: object }).missing).sort();
    const expected = dependenciesOf[service];
    if (status !== 503 || missing.join() !== expected.join()) throw new Error(`${status} ${body}`);
    return `503 ${missing.join(', ')}`;
  });
  return { service, container, row, url };
}

/** The user, who may do nothing and write nowhere but in /tmp. */
async function confined(image: string): Promise<string> {
  const { userId, capabilities, isRootReadOnly } = await confinementOf(image);
  if (userId !== imageUser) throw new Error(`runs as ${userId}`);
  if (capabilities !== 0n) throw new Error(`has capabilities ${capabilities.toString(16)}`);
  if (!isRootReadOnly) throw new Error('its root is writable');
  return String(userId);
}

async function becomesReady({ container, url, row }: Served, supplied: number): Promise<void> {
  row['→ after'] = await cell(async () => {
    await untilStatus(url + probes.ready, 200, container, patienceMs);
    return `200 after ${secondsSince(supplied)} s`;
  });
}

async function endsAtSigterm({ service, container, row }: Served): Promise<void> {
  row.SIGTERM = await cell(async () => {
    const begun = Date.now();
    const exit = await terminate(service, container, drainSeconds);
    if (exit.code !== 0) throw new Error(`${ending(exit)} after ${secondsSince(begun)} s`);
    return `0 after ${secondsSince(begun)} s`;
  });
}

/**
 * The Job, without and with its servers. Its last step wants a document store with users, which the one at hand has not:
 * it must get there, and say so.
 */
async function runBootstrap(dependencies: Dependencies, wanted: RegExp): Promise<string> {
  const { bootstrapEnvironment: environment, directory } = dependencies;
  const container = await startContainer({ image: 'bootstrap', environment, directory });
  const exit = await finish(container, patienceMs);
  const said = exit.lastLines.find((line) => wanted.test(line));
  if (exit.code !== 1 || said === undefined) throw new Error(ending(exit));
  return `ends with 1: ${said.match(wanted)?.[0]}`;
}

const ending = ({ code, signal, lastLines }: Exit) =>
  `ended with ${signal ?? code}: ${lastLines.slice(-3).join(' | ')}`;

const secondsSince = (begun: number) => ((Date.now() - begun) / 1_000).toFixed(1);

async function verify(dependencies: Dependencies): Promise<void> {
  const served: Served[] = [];
  for (const service of localServices) served.push(await startAlone(service, dependencies));
  const job = await newRow('bootstrap');
  job['/livez'] = '-';
  job.SIGTERM = '-';
  job['/readyz before'] = await cell(() => runBootstrap(dependencies, /ECONNREFUSED/));

  await dependencies.supply();
  const supplied = Date.now();
  // It makes the databases: auth and stream become ready by its work.
  job['→ after'] = await cell(() => runBootstrap(dependencies, /no such command: 'saslStart'/));
  await Promise.all(served.map((each) => becomesReady(each, supplied)));
  for (const each of served) await endsAtSigterm(each);
}

async function main(): Promise<void> {
  requireRootOnLinux('verify:images');
  requireTools(packages);
  await buildImages((sentence) => console.error(sentence));
  const dependencies = await startDependencies(imageUser);
  try {
    await verify(dependencies);
  } finally {
    for (const image of imageNames) await removeContainer(image);
    await dependencies.stop();
  }
  console.log(table([columns, ...rows.map((row) => columns.map((column) => row[column]))]));
  console.log(`Run by podman and runc, root file system read-only, no capabilities. Servers:`);
  for (const server of dependencies.servers) console.log(`- ${server}`);
  console.log(`${rows.length} images, ${missed} missed`);
  process.exitCode = missed === 0 ? 0 : 1;
}

process.once('exit', killRemaining);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
main().catch((error: unknown) => {
  console.error((error as Error).message);
  process.exitCode = 1;
});
