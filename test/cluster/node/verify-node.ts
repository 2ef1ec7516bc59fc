import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execute, requireTool } from '../../../runtime/local/provision/execute';
import { resolveServer } from '../../../runtime/local/provision/resolve';
import { servers } from '../../../runtime/local/provision/table';
import { archiveImage, buildFurtherImages, buildImages, imageNames } from '../../images/build';
import { controlPlaneBinaries, kubectl, nodeBinaries } from '../toolchain/binaries';
import { requireRootOnLinux, requireTools } from '../toolchain/requirements';

/**
 * `npm run verify:node`: tier 1k's own images on a real kubelet and containerd, from the generated manifests. Needs root
 * on Linux, and a few of Debian's packages. What needs the network is fetched and built first; the rest happens in a
 * network namespace without any.
 */

const namespace = 'headend-verify';

const packages: Readonly<Record<string, string>> = {
  buildah: 'buildah',
  mmdebstrap: 'mmdebstrap',
  containerd: 'containerd',
  runc: 'runc',
  iptables: 'iptables',
  dnsmasq: 'dnsmasq-base',
};
const cniBridge = '/usr/lib/cni/bridge';

function requireEverything(): void {
  requireRootOnLinux('verify:node');
  const plugins = existsSync(cniBridge) ? [] : ['containernetworking-plugins'];
  requireTools(packages, plugins);
}

const serversInside = ['postgres', 'redis', 'mongo', 's3', 'nginx'] as const;

async function main(): Promise<void> {
  requireEverything();
  const say = (sentence: string) => console.error(sentence);
  await Promise.all([controlPlaneBinaries(say), nodeBinaries(say), kubectl()]);
  // All of them now: nothing can be fetched inside the namespace.
  for (const key of serversInside) await resolveServer(servers[key], say, {});
  const livekit = await resolveServer(servers.livekit, say, {});
  if (livekit.kind === 'url') throw new Error('LiveKit was resolved to a URL');
  await buildImages(say);
  const further = await buildFurtherImages(livekit.installation.command('livekit-server').file, say);
  const services: string[] = [];
  for (const name of imageNames.filter((each) => each !== 'bootstrap')) services.push(await archiveImage(name));

  const ip = (...args: string[]) => execute(requireTool('ip'), ['netns', ...args]);
  // Left by a run that was killed: nothing is alive in it.
  await ip('delete', namespace).catch(() => undefined);
  await ip('add', namespace);
  try {
    process.exitCode = await inside([...services, ...further]);
  } finally {
    await ip('delete', namespace);
  }
}

/** Not `ip netns exec`: that mounts another /sys, where the kubelet finds no cgroups. */
function inside(archives: readonly string[]): Promise<number> {
  const child = spawn(
    requireTool('nsenter'),
    [`--net=/run/netns/${namespace}`, process.execPath, '--import', 'tsx', join(__dirname, 'inside.ts'), ...archives],
    { stdio: 'inherit' },
  );
  // It ends what it started, and we then remove the namespace.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

main().catch((error: unknown) => {
  console.error((error as Error).message);
  process.exitCode = 1;
});
