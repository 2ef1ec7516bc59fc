import { type ChildProcess, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { buildSync } from 'esbuild';
import { freePort } from '../../runtime/local/ports';
import { type PrivateRedis, startRedis } from '../../runtime/local/testing';
import { median, table } from '../support/table';
import { cores, cpuSeconds, Inbox, listening, type Program, residentBytes, startPinned, stop } from './pinned';
import type { DialectName, LoadPlan, LoadReport, LoadResult } from './plan';
import type { ServerReport } from './servers/announce';
import { transpile } from './transpile';

/**
 * `npm run bench:chat`: one room, real sockets, ours beside its peers in one run. Server on one core; load client and
 * Redis on the other. Every client checks every offset; a run with any loss is void and says so.
 */
const { values: options } = parseArgs({
  options: {
    connections: { type: 'string', default: '1000,5000' },
    rates: { type: 'string', default: '20,50' },
    seconds: { type: 'string', default: '10' },
    repeats: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
  },
});

interface Peer {
  readonly name: string;
  /** How long messages are gathered before a frame is sent. */
  readonly window: string;
  readonly dialect: DialectName;
  program(port: number, redis: PrivateRedis): Program;
}

interface Sample extends LoadResult {
  readonly serverCpuSeconds: number;
  readonly redisCpuSeconds: number;
  readonly bytesPerConnection: number;
  readonly loopDelayP99Ms: number | undefined;
}

const scratch = mkdtempSync(join(tmpdir(), 'headend-bench-'));

/** Bundled, so that no transpiler runs inside what is measured. The Lua files stand where the source reads them. */
function bundle(entry: string): string {
  const outfile = join(scratch, entry.replace(/\W/g, '-'), 'main.js');
  const source = join(__dirname, entry);
  buildSync({
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
    external: ['bufferutil', 'utf-8-validate'],
  });
  return outfile;
}

function nodePeer(name: string, window: string, dialect: DialectName, script: string, environment = {}): Peer {
  return {
    name,
    window,
    dialect,
    program: (port, redis) => ({
      file: process.execPath,
      arguments: [script],
      environment: { PORT: String(port), REDIS_URL: redis.url, ...environment },
      hasChannel: true,
    }),
  };
}

function centrifugePeers(): Peer[] {
  const binary = join(scratch, 'centrifuge');
  const directory = join(__dirname, 'servers/centrifuge');
  const built = spawnSync('go', ['build', '-o', binary, '.'], { cwd: directory, encoding: 'utf8' });
  if (built.status !== 0) {
    console.log(`centrifuge is left out: ${built.error?.message ?? built.stderr}`);
    return [];
  }
  return ['0s', '100ms'].map((delay) => ({
    name: 'centrifuge 0.40 (Go)',
    window: delay === '0s' ? 'none' : '100 ms',
    dialect: 'centrifuge',
    program: (port, redis) => ({
      file: binary,
      arguments: [],
      environment: { PORT: String(port), REDIS_ADDRESS: `${redis.host}:${redis.port}`, WRITE_DELAY: delay },
      hasChannel: false,
    }),
  }));
}

function makePeers(): Peer[] {
  const bareWs = bundle('servers/bare-ws.ts');
  const headend = bundleHeadend();
  return [
    nodePeer('bare ws', 'none', 'plain', bareWs),
    nodePeer('bare ws', '100 ms', 'plain', bareWs, { WINDOW_MS: '100' }),
    nodePeer('Socket.IO, sharded Redis adapter', 'none', 'socket-io', bundle('servers/socket-io.ts')),
    ...centrifugePeers(),
    nodePeer('headend chat', '100 ms', 'headend', headend, { WINDOW_MS: '100' }),
    nodePeer('headend chat', 'adaptive', 'headend', headend),
  ];
}

/** Transpiled file by file, because scripts and assets are read from beside their source. */
function bundleHeadend(): string {
  const outdir = join(__dirname, '../../node_modules/.cache/bench-chat');
  transpile(outdir);
  return join(outdir, 'bench/chat/servers/headend.js');
}

async function measure(peer: Peer, client: string, connections: number, rate: number): Promise<Sample> {
  const redis = await startRedis({ cluster: false });
  const redisPid = pidOf(redis);
  spawnSync('taskset', ['-a', '-cp', String(cores.client), String(redisPid)]);
  const port = await freePort();
  const program = peer.program(port, redis);
  const server = startPinned(program, cores.server);
  const fromServer = new Inbox<ServerReport>(server);
  const pid = server.pid as number;
  try {
    await (program.hasChannel ? fromServer.take('ready') : listening(port));
    await pause(500);
    const idleBytes = residentBytes(pid);
    const plan: LoadPlan = {
      port,
      dialect: peer.dialect,
      connections,
      messagesPerSecond: rate,
      warmUpSeconds: 3,
      measuredSeconds: Number(options.seconds),
    };
    const load = startPinned(
      { file: process.execPath, arguments: [client, JSON.stringify(plan)], environment: {}, hasChannel: true },
      cores.client,
    );
    const fromLoad = new Inbox<LoadReport>(load);
    try {
      await fromLoad.take('connected');
      await pause(1_000);
      const bytesPerConnection = (residentBytes(pid) - idleBytes) / connections;
      load.send('start');
      await fromLoad.take('measuring');
      const before = { server: cpuSeconds(pid), redis: cpuSeconds(redisPid) };
      if (program.hasChannel) await loopDelay(server, fromServer);
      await fromLoad.take('measured');
      const serverCpuSeconds = cpuSeconds(pid) - before.server;
      const redisCpuSeconds = cpuSeconds(redisPid) - before.redis;
      const loopDelayP99Ms = program.hasChannel ? await loopDelay(server, fromServer) : undefined;
      const result = await fromLoad.take('result');
      return { ...result, serverCpuSeconds, redisCpuSeconds, bytesPerConnection, loopDelayP99Ms };
    } finally {
      await stop(load);
    }
  } finally {
    await stop(server);
    await redis.stop();
  }
}

async function loopDelay(server: ChildProcess, fromServer: Inbox<ServerReport>): Promise<number> {
  server.send('loop-delay');
  return (await fromServer.take('loop-delay')).p99Ms;
}

function pidOf(redis: PrivateRedis): number {
  const { stdout } = spawnSync('pgrep', ['-f', `redis-server .*:${redis.port}`], { encoding: 'utf8' });
  return Number(stdout.trim().split('\n')[0]);
}

const lossOf = ({ missing, outOfOrder, disconnected }: LoadResult) => missing + outOfOrder + disconnected;

function row(peer: Peer, samples: readonly Sample[]): string[] {
  const of = (figure: (sample: Sample) => number, digits = 0) => median(samples.map(figure)).toFixed(digits);
  const seconds = Number(options.seconds);
  const loss = Math.max(...samples.map(lossOf));
  return [
    peer.name,
    peer.window,
    of((sample) => sample.deliveries / sample.serverCpuSeconds / 1_000),
    of((sample) => sample.frames / sample.serverCpuSeconds / 1_000),
    of((sample) => sample.p50Ms),
    of((sample) => sample.p99Ms),
    of((sample) => (sample.serverCpuSeconds / seconds) * 100),
    of((sample) => (sample.redisCpuSeconds / seconds) * 100, 1),
    of((sample) => sample.bytesPerConnection / 1_000, 1),
    samples[0]?.loopDelayP99Ms === undefined ? '-' : of((sample) => sample.loopDelayP99Ms ?? Number.NaN, 1),
    loss === 0 ? 'none' : `VOID: ${loss}`,
  ];
}

const head = [
  'server',
  'window',
  'k deliveries/CPU-s',
  'k frames/CPU-s',
  'p50 ms',
  'p99 ms',
  'server CPU %',
  'Redis CPU %',
  'kB/socket',
  'loop p99 ms',
  'loss',
];

async function main(): Promise<void> {
  if (cpus().length < 2) throw new Error('server and load client need a core each');
  const client = bundle('load/client.ts');
  const peers = makePeers().filter((peer) => peer.name.includes(options.only));
  for (const connections of options.connections.split(',').map(Number)) {
    for (const rate of options.rates.split(',').map(Number)) {
      const rows: string[][] = [];
      for (const peer of peers) {
        const samples: Sample[] = [];
        for (let repeat = 0; repeat < Number(options.repeats); repeat += 1) {
          process.stderr.write(`${peer.name}, window ${peer.window}: run ${repeat + 1}\n`);
          samples.push(await measure(peer, client, connections, rate));
        }
        rows.push(row(peer, samples));
      }
      console.log(`\n${connections} sockets, ${rate} messages/s of 160 bytes, medians of ${options.repeats}\n`);
      console.log(table(head, rows));
    }
  }
}

main()
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  })
  .finally(() => rmSync(scratch, { recursive: true, force: true }));
