import { join, resolve } from 'node:path';
import { buildPages, buildServices } from '../build';
import type { RegionName } from '../shared/regions';
import type { Repetition } from '../shared/repeat';
import type { StartOptions } from './arguments';
import { startBackends } from './backends';
import { startBroadcaster } from './broadcaster';
import { startCaptioner } from './captioner';
import type { DataDirectory } from './data-directory';
import { keyGroupOf, startLocalCdn } from './edge/cdn';
import { cacheDirectories, edgeConfiguration } from './edge/nginx-configuration';
import { purge } from './edge/purge';
import { publicUrls, serviceEnvironments } from './environments';
import { StartFailure } from './failure';
import { type ProcessLogs, say } from './output';
import { contracts, localServices, type PortPlan, planPorts } from './port-plan';
import { isFree } from './ports';
import { resolveServer } from './provision/resolve';
import { servers } from './provision/table';
import type { Installation, ResolvedServer } from './provision/types';
import type { ReadyFile } from './ready-file';
import { openSecrets } from './secrets';
import { demoCaptionLanguage, seedDemo } from './seed';
import { startNginx } from './servers/nginx';
import { startService } from './service-process';
import type { Supervisor } from './supervisor';

export const repository = resolve(__dirname, '../..');

/** The region a laptop pretends to be. */
const region: RegionName = 'us-east-1';

const needed = ['postgres', 'redis', 'mongo', 's3', 'livekit', 'nginx', 'ffmpeg'] as const;
type Needed = (typeof needed)[number];

export interface Platform {
  readonly ready: ReadyFile;
  /** Starts or ends the test pattern. Returns whether it runs now. */
  toggleBroadcaster(): Promise<boolean>;
}

export interface PlatformContext {
  readonly options: StartOptions;
  readonly data: DataDirectory;
  readonly supervisor: Supervisor;
  readonly logs: ProcessLogs;
}

/** Brings everything up, in the order of what needs what, and returns when it can be used. */
export async function startPlatform({ options, data, supervisor, logs }: PlatformContext): Promise<Platform> {
  const ports = planPorts(options.portBase);
  await refuseTakenPorts(ports);
  const [resolved] = await Promise.all([resolveAll(), buildServices(), buildPages()]);
  const secrets = openSecrets(data.directory('secrets'), localServices);
  const urls = publicUrls(ports);

  const backends = await startBackends({
    servers: resolved,
    ports,
    secrets,
    data,
    supervisor,
    region,
    webhookUrl: `http://127.0.0.1:${ports.stream}/api/stream/webhooks/livekit`,
    log: logs.for,
  });
  const ffmpeg = installed(resolved.ffmpeg).command('ffmpeg');
  const environments = serviceEnvironments({
    region,
    ports,
    backends,
    secrets,
    ffmpegFile: ffmpeg.file,
    pagesDirectory: join(repository, 'dist/web'),
    workDirectory: data.directory('work'),
  });
  const edgeDirectory = data.directory('edge');
  await startLocalCdn({
    port: ports.cdn,
    mediaHost: new URL(urls.base).host,
    keyGroup: keyGroupOf(secrets.mediaSigningKeyFile),
    purge: (path) => purge(cacheDirectories(edgeDirectory), path),
  });
  await Promise.all([
    supervisor.start('nginx', 'server', () =>
      startNginx({
        installation: installed(resolved.nginx),
        directory: edgeDirectory,
        port: ports.gateway,
        configuration: edgeConfiguration({
          directory: edgeDirectory,
          port: ports.gateway,
          regionalPort: ports.regionalCache,
          shieldPort: ports.shieldCache,
          cdnPort: ports.cdn,
          services: localServices.map((name) => ({ contract: contracts[name], port: ports[name] })),
          allowedOrigins: [urls.base],
          livekit: new URL(backends.livekit.url).host,
          origin: { endpoint: new URL(backends.s3.endpoint).host, bucket: environments.stream.HLS_BUCKET ?? '' },
          asRoot: process.getuid?.() === 0,
        }),
        onLine: logs.for('nginx'),
      }),
    ),
    ...localServices.map((name) =>
      supervisor.start(name, 'service', () =>
        startService({
          name,
          buildDirectory: join(repository, 'dist/runtime'),
          environment: environments[name],
          onLine: logs.for(name),
        }),
      ),
    ),
  ]);

  const demo = await seedDemo(urls.base, join(data.directory('secrets'), 'demo.json'), (value) =>
    secrets.put('demo.json', value),
  );
  let captioner: Repetition | undefined;
  const toggleBroadcaster = async () => {
    if (supervisor.pid('broadcaster') !== undefined) {
      await captioner?.stop();
      await supervisor.retire('broadcaster');
      return false;
    }
    const { streamKey } = demo;
    await supervisor.start('broadcaster', 'broadcaster', () =>
      startBroadcaster({ ffmpeg, rtmpUrl: urls.rtmp, streamKey, onLine: logs.for('broadcaster') }),
    );
    captioner = startCaptioner({
      ...{ baseUrl: urls.base, streamKey, language: demoCaptionLanguage },
      onLine: logs.for('broadcaster'),
    });
    return true;
  };
  if (options.demo) await toggleBroadcaster();

  const { email, password, streamKey, channelHandle } = demo;
  return {
    toggleBroadcaster,
    ready: {
      baseUrl: urls.base,
      mediaBaseUrl: urls.base,
      rtmpUrl: urls.rtmp,
      whipUrl: urls.whip,
      livekitUrl: urls.livekit,
      ports,
      account: { email, password },
      streamKey,
      channelHandle,
      servers: needed.map((name) => resolved[name].report),
      services: localServices.map((name) => ({
        name,
        url: `http://127.0.0.1:${ports[name]}`,
        managementUrl: `http://127.0.0.1:${ports[`${name}Management`]}`,
        pid: supervisor.pid(name) ?? 0,
      })),
    },
  };
}

async function refuseTakenPorts(ports: PortPlan): Promise<void> {
  const taken: string[] = [];
  for (const [name, port] of Object.entries(ports)) {
    if (!(await isFree(port))) taken.push(`${port} (${name})`);
  }
  if (taken.length === 0) return;
  const what = taken.length === 1 ? `Port ${taken[0]} is taken` : `Ports ${taken.join(', ')} are taken`;
  throw new StartFailure(
    `${what} by another program. End it (lsof -i :${taken[0]?.split(' ')[0]} shows it), or choose others with --port-base 20000.`,
  );
}

async function resolveAll(): Promise<Record<Needed, ResolvedServer>> {
  const entries = await Promise.all(
    needed.map(async (name) => {
      const resolved = await resolveServer(servers[name], (sentence) => say(`${name}: ${sentence}`));
      return [name, resolved] as const;
    }),
  );
  return Object.fromEntries(entries) as Record<Needed, ResolvedServer>;
}

function installed(server: ResolvedServer): Installation {
  if (server.kind === 'installed') return server.installation;
  throw new Error(`${server.report.name} cannot be used by URL`);
}
