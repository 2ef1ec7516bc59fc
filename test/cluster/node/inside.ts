import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'cdk8s';
import { Redis } from 'ioredis';
import { exampleInputs } from '../../../k8s/example-inputs';
import { platformCharts } from '../../../k8s/platform';
import { tierOf } from '../../../lib/config/tiers';
import { killRemaining, type RunningProcess, startProcess } from '../../../runtime/local/child-process';
import { poll } from '../../../runtime/local/poll';
import { requireTool } from '../../../runtime/local/provision/execute';
import { resolveServer } from '../../../runtime/local/provision/resolve';
import { servers } from '../../../runtime/local/provision/table';
import { startNginx } from '../../../runtime/local/servers/nginx';
import { createRoleWithDatabase } from '../../../runtime/local/servers/postgres';
import { startMongo, startPostgres, startRedis, startS3 } from '../../../runtime/local/testing';
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane';
import { gatewayConfiguration, type ServiceAddress } from './gateway';
import { chatRoundTrip, loadPage } from './journey';
import { configureNamespace, exposeLoopback, nodeAddress } from './network-namespace';
import { startNode } from './node';
import { nodeSecrets } from './secret-objects';
import { type Manifest, substitutions } from './substitutions';

/**
 * The part of `npm run verify:node` that runs in a network namespace of its own: control plane, node and data servers;
 * then tier 1k's manifests, until every pod is ready and a visitor gets through. Arguments: image archives.
 */

const portBase = 21_000;
const gatewayPort = 21_080;
const region = 'us-east-1';

const cleanups: (() => Promise<unknown> | unknown)[] = [];

/** Registers what ends a thing that was started. */
function ending<T>(thing: T, end: (thing: T) => Promise<unknown> | unknown): T {
  cleanups.push(() => end(thing));
  return thing;
}

async function main(archives: readonly string[]): Promise<void> {
  await configureNamespace();
  const directory = ending(mkdtempSync(join(tmpdir(), 'headend-node-')), (path) =>
    rmSync(path, { recursive: true, force: true }),
  );
  mkdirSync(join(directory, 'secrets'));
  const secrets = nodeSecrets(join(directory, 'secrets'));
  const data = await startData(secrets);
  const cluster = ending(await startControlPlane({ portBase, say: console.error, simulateNodes: false }), (started) =>
    started.stop(),
  );
  ending(await startNode({ cluster, directory, archives, labels: {} }), (node) => node.stop());
  say('a real node is ready');

  const figures = tierOf('1k');
  const inputs = exampleInputs({ figures, region, fleet: [region] });
  if (inputs.role !== 'home') throw new Error('the only region is home');
  const original = platformCharts(new App(), {
    ...inputs,
    postgres: { writer: `${nodeAddress}:${data.postgres.port}`, readers: '' },
    mongo: {
      url: `mongodb://${nodeAddress}:${data.mongo.port}`,
      port: data.mongo.port,
      certificateAuthority: 'public',
    },
    redis: {
      application: { url: `redis://${nodeAddress}:${data.redis.port}` },
      livekit: { address: `${nodeAddress}:${data.livekitRedis.port}` },
    },
    storage: { hlsBucket: data.s3.hlsBucket, recordingsBucket: data.s3.recordingsBucket },
  }).flatMap((chart) => chart.toJson() as Manifest[]);

  const list = substitutions(data.s3);
  const applied = list.reduce<readonly Manifest[]>((objects, { apply }) => apply(objects), structuredClone(original));
  await applyAll(cluster, directory, [...applied.filter(({ kind }) => kind === 'Namespace'), ...secrets.objects]);
  await applyAll(cluster, directory, applied);
  const services = await serviceAddresses(cluster);
  await startNames(services);
  const seconds = await allReady(cluster);
  say(`every pod is ready after ${seconds.toFixed(0)} s:`);
  console.log(await cluster.kubectl('get', 'pods', '--all-namespaces', '-o', 'wide'));

  const gateway = await startGateway(directory, original, services);
  say(`page through the paths: ${await loadPage(gateway)}`);
  say(`chat through the paths: ${await chatRoundTrip(gateway)}`);
  console.log('Substituted:');
  for (const { what, instead } of list) console.log(`- ${what}: ${instead}`);
  console.log('- cluster DNS: dnsmasq with the Services’ addresses');
  console.log(
    '- data servers: on the node, outside the cluster; network policies are accepted, but the bridge enforces none',
  );
}

const say = (sentence: string) => console.log(`ok  ${sentence}`);

async function startData(secrets: ReturnType<typeof nodeSecrets>) {
  const [postgres, redis, livekitRedis, mongo, s3] = await Promise.all([
    startPostgres(),
    startRedis(),
    startRedis({ cluster: false }),
    startMongo(),
    startS3(),
  ]);
  for (const server of [postgres, redis, livekitRedis, mongo, s3]) {
    ending(server, (started) => started.stop());
    ending(await exposeLoopback(server.port), (proxy) => proxy.close());
    const standIn = server.report.standIn === undefined ? '' : `, STAND-IN: ${server.report.standIn}`;
    say(`${server.report.name} ${server.report.version} (${server.report.origin}${standIn})`);
  }
  for (const owner of ['auth', 'stream'] as const) {
    await createRoleWithDatabase(`127.0.0.1:${postgres.port}`, postgres.superuser, secrets.postgres(owner));
  }
  await configureRedis(redis.port, ['cluster-announce-ip', nodeAddress], ['requirepass', secrets.redisPassword]);
  await configureRedis(livekitRedis.port, ['requirepass', secrets.redisPassword]);
  return { postgres, redis, livekitRedis, mongo, s3 };
}

async function configureRedis(port: number, ...settings: readonly (readonly [string, string])[]): Promise<void> {
  const client = new Redis({ host: '127.0.0.1', port });
  for (const [name, value] of settings) await client.config('SET', name, value);
  client.disconnect();
}

async function applyAll(cluster: ControlPlane, directory: string, items: readonly object[]): Promise<void> {
  const file = join(directory, 'objects.json');
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await cluster.kubectl('apply', '--server-side', '--validate=strict', '-f', file);
}

async function serviceAddresses({ api }: ControlPlane): Promise<ServiceAddress[]> {
  interface LiveService {
    readonly metadata: { readonly name: string; readonly namespace: string };
    readonly spec: { readonly clusterIP: string };
  }
  const { items } = await api.get<{ items: LiveService[] }>('/api/v1/services');
  return items.map(({ metadata, spec }) => ({ ...metadata, clusterIp: spec.clusterIP }));
}

/** Answers for the cluster's names, as CoreDNS would. */
async function startNames(services: readonly ServiceAddress[]): Promise<RunningProcess> {
  const addresses = services.map(
    ({ name, namespace, clusterIp }) => `--address=/${name}.${namespace}.svc.cluster.local/${clusterIp}`,
  );
  const server = await startProcess({
    name: 'dnsmasq',
    command: { file: requireTool('dnsmasq'), arguments: [] },
    arguments: [
      '--keep-in-foreground',
      '--no-resolv',
      '--no-hosts',
      `--listen-address=${nodeAddress}`,
      '--bind-interfaces',
      ...addresses,
    ],
  });
  return ending(server, (started) => started.stop());
}

async function allReady(cluster: ControlPlane): Promise<number> {
  interface LivePod {
    readonly metadata: { readonly name: string };
    readonly status: {
      readonly conditions?: readonly { readonly type: string; readonly status: string }[];
      readonly containerStatuses?: readonly { readonly state: object; readonly restartCount: number }[];
    };
  }
  const begun = Date.now();
  await poll(
    async () => {
      const { items } = await cluster.api.get<{ items: LivePod[] }>('/api/v1/pods');
      const waiting = items.filter(
        ({ status }) => !status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
      );
      if (items.length === 0 || waiting.length > 0) {
        throw new Error(
          waiting
            .map(
              ({ metadata, status }) =>
                `${metadata.name} ${JSON.stringify(status.containerStatuses?.[0]?.state ?? {})}`,
            )
            .join('; '),
        );
      }
    },
    { what: 'every pod being ready', deadlineMs: 240_000, intervalMs: 1_000 },
  ).catch(async (error: Error) => {
    console.error(await explain(cluster));
    throw error;
  });
  return (Date.now() - begun) / 1_000;
}

/** Events and the last words of every container, for whoever has to find out why. */
async function explain({ kubectl }: ControlPlane): Promise<string> {
  return kubectl('get', 'events', '--all-namespaces', '--sort-by=.lastTimestamp');
}

/** Base URL of the app's host, which answers to the address alone. */
async function startGateway(
  directory: string,
  objects: readonly Manifest[],
  services: readonly ServiceAddress[],
): Promise<string> {
  const resolved = await resolveServer(servers.nginx, console.error, {});
  if (resolved.kind === 'url') throw new Error('nginx was resolved to a URL');
  const path = join(directory, 'gateway');
  mkdirSync(path);
  const running = await startNginx({
    installation: resolved.installation,
    directory: path,
    configuration: gatewayConfiguration(objects, services, { port: gatewayPort, defaultHost: 'example.com' }),
    port: gatewayPort,
  });
  ending(running, (started) => started.stop());
  return `http://127.0.0.1:${gatewayPort}`;
}

async function end(): Promise<void> {
  for (const cleanup of cleanups.reverse()) {
    // One thing that does not end must not keep the others running.
    await Promise.resolve()
      .then(cleanup)
      .catch((error: unknown) => console.error(error));
  }
}

process.once('exit', killRemaining);
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void end().finally(() => process.exit(1)));
main(process.argv.slice(2))
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  })
  .finally(end);
