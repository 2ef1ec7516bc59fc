import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { failWhenExited, type RunningProcess, startProcess } from '../../../runtime/local/child-process';
import { poll } from '../../../runtime/local/poll';
import { execute, requireTool } from '../../../runtime/local/provision/execute';
import { localImage } from '../../images/build';
import { type ControlPlane, realNodeName } from '../control-plane/control-plane';
import { nodeBinaries } from '../toolchain/binaries';
import { nodeAddress, podRange } from './network-namespace';

export interface RealNode {
  stop(): Promise<void>;
}

export interface RealNodeOptions {
  readonly cluster: ControlPlane;
  readonly directory: string;
  /** Archives of the images that pods run. */
  readonly archives: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** Where Debian's containernetworking-plugins puts them. */
const cniPlugins = '/usr/lib/cni';

/** containerd, kubelet and kube-proxy: a node like any other, in the network namespace that we are in. */
export async function startNode(options: RealNodeOptions): Promise<RealNode> {
  const { cluster, directory, archives } = options;
  const at = (name: string) => join(directory, name);
  const programs = await nodeBinaries(console.error);
  const started: RunningProcess[] = [];
  const start = async (name: string, file: string, args: string[]) => {
    const running = await startProcess({
      name,
      command: { file, arguments: [] },
      arguments: args,
      environment: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    });
    started.push(running);
    return running;
  };
  const stop = async () => {
    await removePods(cluster);
    for (const running of started.reverse()) await running.stop(10_000);
    await unmountUnder(directory);
  };
  try {
    writeConfiguration(options, at);
    const containerd = await start('containerd', requireTool('containerd'), ['--config', at('containerd.toml')]);
    const ctr = (...args: string[]) =>
      execute(requireTool('ctr'), ['--address', at('containerd.sock'), '--namespace', 'k8s.io', ...args]);
    await poll(() => ctr('version'), {
      what: 'containerd answering',
      deadlineMs: 30_000,
      abort: failWhenExited(containerd),
    });
    for (const archive of archives) await ctr('images', 'import', archive);
    const kubelet = await start('kubelet', programs.kubelet, kubeletArguments(options, at));
    await start('kube-proxy', programs['kube-proxy'], ['--config', at('kube-proxy.yaml')]);
    await poll(
      async () => {
        const ready = await cluster.kubectl(
          'get',
          'node',
          realNodeName,
          '-o',
          'jsonpath={.status.conditions[?(@.type=="Ready")].status}',
        );
        if (ready.trim() !== 'True') throw new Error(`it says ${ready || 'nothing'}`);
      },
      { what: 'the node being ready', deadlineMs: 60_000, intervalMs: 500, abort: failWhenExited(kubelet) },
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}

/** The kubelet takes its pods down, networks and mounts included; rooms that want five hours get a second. */
async function removePods({ kubectl }: ControlPlane): Promise<void> {
  const everywhere = ['--all', '--all-namespaces', '--ignore-not-found'];
  await kubectl('delete', 'deployments,statefulsets,jobs', ...everywhere, '--cascade=orphan', '--timeout=30s');
  await kubectl('delete', 'replicasets', ...everywhere, '--cascade=orphan', '--timeout=30s');
  await kubectl('delete', 'pods', ...everywhere, '--grace-period=1', '--timeout=60s');
}

/** What containerd leaves mounted when it ends. */
async function unmountUnder(directory: string): Promise<void> {
  const points = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((point) => point.startsWith(`${directory}/`));
  for (const point of points.sort().reverse()) await execute(requireTool('umount'), ['--lazy', point]);
}

function kubeletArguments({ cluster, labels }: RealNodeOptions, at: (name: string) => string): string[] {
  const labelText = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return [
    ...[`--config=${at('kubelet.yaml')}`, `--kubeconfig=${cluster.kubeconfigs.node}`, `--root-dir=${at('kubelet')}`],
    ...[`--hostname-override=${realNodeName}`, `--node-ip=${nodeAddress}`, `--node-labels=${labelText.join(',')}`],
    `--cert-dir=${at('kubelet-certificates')}`,
  ];
}

function writeConfiguration({ cluster }: RealNodeOptions, at: (name: string) => string): void {
  mkdirSync(at('cni'), { recursive: true });
  writeFileSync(at('cni/10-bridge.conflist'), JSON.stringify(bridge(at)));
  writeFileSync(at('containerd.toml'), containerdConfiguration(at));
  writeFileSync(at('kubelet.yaml'), stringify(kubeletConfiguration(cluster, at)));
  writeFileSync(at('kube-proxy.yaml'), stringify(proxyConfiguration(cluster)));
}

/** Pods of one node on a bridge. It enforces no network policy. */
const bridge = (at: (name: string) => string) => ({
  cniVersion: '1.0.0',
  name: 'pods',
  plugins: [
    {
      type: 'bridge',
      bridge: 'pods0',
      isGateway: true,
      hairpinMode: true,
      ipam: {
        type: 'host-local',
        dataDir: at('addresses'),
        ranges: [[{ subnet: podRange }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    },
  ],
});

const containerdConfiguration = (at: (name: string) => string) => `version = 2
root = "${at('containerd/root')}"
state = "${at('containerd/state')}"
[grpc]
  address = "${at('containerd.sock')}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${localImage('pause')}"
  disable_apparmor = true
  restrict_oom_score_adj = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${cniPlugins}"
    conf_dir = "${at('cni')}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
`;

const kubeletConfiguration = ({ certificates }: ControlPlane, at: (name: string) => string) => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  failCgroupV1: false,
  cgroupDriver: 'cgroupfs',
  failSwapOn: false,
  address: nodeAddress,
  readOnlyPort: 0,
  containerRuntimeEndpoint: `unix://${at('containerd.sock')}`,
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: false },
    x509: { clientCAFile: join(certificates, 'ca.crt') },
  },
  authorization: { mode: 'AlwaysAllow' },
  tlsCertFile: join(certificates, 'server.crt'),
  tlsPrivateKeyFile: join(certificates, 'server.key'),
  podLogsDir: at('logs'),
  volumePluginDir: at('volume-plugins'),
  resolvConf: '',
  clusterDNS: [nodeAddress],
  clusterDomain: 'cluster.local',
  // The machine is shared: nothing is evicted for what others fill.
  evictionHard: {
    'memory.available': '100Mi',
    'nodefs.available': '1%',
    'imagefs.available': '1%',
    'nodefs.inodesFree': '1%',
  },
  imageGCHighThresholdPercent: 99,
  imageGCLowThresholdPercent: 98,
});

const proxyConfiguration = ({ kubeconfigs }: ControlPlane) => ({
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  mode: 'iptables',
  clusterCIDR: podRange,
  bindAddress: nodeAddress,
  healthzBindAddress: '127.0.0.1:21056',
  metricsBindAddress: '127.0.0.1:21049',
  hostnameOverride: realNodeName,
  clientConnection: { kubeconfig: kubeconfigs.admin },
  conntrack: { maxPerCore: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
});
