import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failWhenExited, type RunningProcess, startProcess } from '../../../runtime/local/child-process';
import { poll } from '../../../runtime/local/poll';
import { execute } from '../../../runtime/local/provision/execute';
import { controlPlaneBinaries, kubectl, kwok } from '../toolchain/binaries';
import { ApiClient } from './api-client';
import { makeCertificates } from './certificates';

export interface ControlPlane {
  readonly api: ApiClient;
  /** Directory of the certificates, for servers that the API server calls. */
  readonly certificates: string;
  /** Kubeconfigs of the administrator and of the real node. */
  readonly kubeconfigs: { readonly admin: string; readonly node: string };
  /** Runs kubectl as administrator. */
  kubectl(...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

export interface ControlPlaneOptions {
  /** First of a dozen free ports on loopback. */
  readonly portBase: number;
  readonly say: (sentence: string) => void;
  /** Whether kwok plays the kubelets. */
  readonly simulateNodes: boolean;
}

/** Name of the real node, where there is one. */
export const realNodeName = 'real';

const serviceRange = '10.96.0.0/16';
const serviceAddress = '10.96.0.1';

/** Real etcd, API server, controller manager and scheduler on loopback, with kubelets simulated by kwok. */
export async function startControlPlane({ portBase, say, simulateNodes }: ControlPlaneOptions): Promise<ControlPlane> {
  const programs = await controlPlaneBinaries(say);
  const simulator = simulateNodes ? await kwok(say) : undefined;
  const client = await kubectl();
  const directory = mkdtempSync(join(tmpdir(), 'headend-cluster-'));
  const at = (name: string) => join(directory, name);
  await makeCertificates(directory, serviceAddress);
  const tokens = writeTokens(directory);
  const ports = portsFrom(portBase);
  const url = `https://127.0.0.1:${ports.api}`;
  const kubeconfig = (user: keyof typeof tokens) =>
    writeKubeconfig(at(`${user}.kubeconfig`), url, at('ca.crt'), tokens[user]);
  const administrator = kubeconfig('admin');
  const api = new ApiClient(url, tokens.admin, at('ca.crt'));
  const started: RunningProcess[] = [];
  const start = async (name: string, program: string, args: string[], ready: () => Promise<unknown>) => {
    const process = await startProcess({ name, command: { file: program, arguments: [] }, arguments: args });
    started.push(process);
    await poll(ready, { what: `${name} answering`, deadlineMs: 60_000, abort: failWhenExited(process) });
  };
  const stop = async () => {
    for (const process of started.reverse()) await process.stop();
    rmSync(directory, { recursive: true, force: true });
  };

  try {
    mkdirSync(at('etcd'));
    await start('etcd', programs.etcd, etcdArguments(at('etcd'), ports), () =>
      answers(`http://127.0.0.1:${ports.etcd}/health`),
    );
    await start('kube-apiserver', programs['kube-apiserver'], apiServerArguments(at, ports), () => api.get('/readyz'));
    await Promise.all([
      start(
        'kube-controller-manager',
        programs['kube-controller-manager'],
        controllerArguments(at, kubeconfig('controller-manager'), ports),
        () => api.get('/api/v1/namespaces/default/serviceaccounts/default'),
      ),
      start('kube-scheduler', programs['kube-scheduler'], schedulerArguments(at, kubeconfig('scheduler'), ports), () =>
        api.get('/api/v1/namespaces/default'),
      ),
      simulator &&
        start('kwok', simulator.kwok, kwokArguments(administrator, simulator.stages, at, ports), () =>
          api.get('/api/v1/namespaces/default'),
        ),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    api,
    certificates: directory,
    kubeconfigs: { admin: administrator, node: kubeconfig('node') },
    kubectl: (...args) => execute(client, ['--kubeconfig', administrator, ...args]),
    stop,
  };
}

interface Ports {
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly api: number;
  readonly controllerManager: number;
  readonly scheduler: number;
  readonly kwok: number;
}

function portsFrom(base: number): Ports {
  return {
    etcd: base,
    etcdPeer: base + 1,
    api: base + 2,
    controllerManager: base + 3,
    scheduler: base + 4,
    kwok: base + 5,
  };
}

async function answers(url: string): Promise<void> {
  const { ok, status } = await fetch(url);
  if (!ok) throw new Error(`it answered ${status}`);
}

/** Users of the token file: name → token. */
function writeTokens(directory: string) {
  const token = () => randomBytes(16).toString('hex');
  const tokens = { admin: token(), 'controller-manager': token(), scheduler: token(), node: token() };
  const lines = [
    `${tokens.admin},admin,admin,"system:masters"`,
    `${tokens['controller-manager']},system:kube-controller-manager,system:kube-controller-manager`,
    `${tokens.scheduler},system:kube-scheduler,system:kube-scheduler`,
    `${tokens.node},system:node:${realNodeName},system:node:${realNodeName},"system:nodes"`,
  ];
  writeFileSync(join(directory, 'tokens.csv'), `${lines.join('\n')}\n`, { mode: 0o600 });
  return tokens;
}

function writeKubeconfig(file: string, server: string, certificateAuthority: string, token: string): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'verify', cluster: { server, 'certificate-authority': certificateAuthority } }],
    users: [{ name: 'verify', user: { token } }],
    contexts: [{ name: 'verify', context: { cluster: 'verify', user: 'verify' } }],
    'current-context': 'verify',
  };
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}

function etcdArguments(data: string, { etcd, etcdPeer }: Ports): string[] {
  const client = `http://127.0.0.1:${etcd}`;
  const peer = `http://127.0.0.1:${etcdPeer}`;
  return [
    ...['--name=verify', `--data-dir=${data}`, `--listen-client-urls=${client}`, `--advertise-client-urls=${client}`],
    ...[`--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=verify=${peer}`],
    ...['--unsafe-no-fsync', '--log-level=warn'],
  ];
}

type At = (name: string) => string;

function apiServerArguments(at: At, { etcd, api }: Ports): string[] {
  return [
    ...[`--etcd-servers=http://127.0.0.1:${etcd}`, '--bind-address=127.0.0.1', `--secure-port=${api}`],
    // Loopback is no endpoint for the `kubernetes` Service, and nobody here needs one.
    ...[
      '--advertise-address=127.0.0.1',
      '--endpoint-reconciler-type=none',
      `--service-cluster-ip-range=${serviceRange}`,
    ],
    ...['--authorization-mode=Node,RBAC', `--token-auth-file=${at('tokens.csv')}`, `--client-ca-file=${at('ca.crt')}`],
    ...[`--tls-cert-file=${at('server.crt')}`, `--tls-private-key-file=${at('server.key')}`],
    ...[`--service-account-key-file=${at('service-accounts.pub')}`],
    ...[`--service-account-signing-key-file=${at('service-accounts.key')}`],
    '--service-account-issuer=https://kubernetes.default.svc',
    ...[`--kubelet-client-certificate=${at('kubelet-client.crt')}`, `--kubelet-client-key=${at('kubelet-client.key')}`],
    ...[`--proxy-client-cert-file=${at('front-proxy.crt')}`, `--proxy-client-key-file=${at('front-proxy.key')}`],
    ...[`--requestheader-client-ca-file=${at('ca.crt')}`, '--requestheader-allowed-names=front-proxy'],
    ...['--requestheader-username-headers=X-Remote-User', '--requestheader-group-headers=X-Remote-Group'],
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    ...['--allow-privileged=true', '--profiling=false'],
  ];
}

function controllerArguments(at: At, kubeconfig: string, { controllerManager }: Ports): string[] {
  return [
    ...asItself(kubeconfig, controllerManager, at),
    ...['--use-service-account-credentials=true', `--service-account-private-key-file=${at('service-accounts.key')}`],
    `--root-ca-file=${at('ca.crt')}`,
    // A quarter of the default of 15 s: the same decisions, sooner.
    '--horizontal-pod-autoscaler-sync-period=4s',
  ];
}

function schedulerArguments(at: At, kubeconfig: string, { scheduler }: Ports): string[] {
  return asItself(kubeconfig, scheduler, at);
}

function asItself(kubeconfig: string, port: number, at: At): string[] {
  return [
    ...['kubeconfig', 'authentication-kubeconfig', 'authorization-kubeconfig'].map((flag) => `--${flag}=${kubeconfig}`),
    ...['--bind-address=127.0.0.1', `--secure-port=${port}`, '--leader-elect=false', '--profiling=false'],
    ...[`--tls-cert-file=${at('server.crt')}`, `--tls-private-key-file=${at('server.key')}`],
  ];
}

function kwokArguments(kubeconfig: string, stages: string, at: At, { kwok: port }: Ports): string[] {
  return [
    ...[`--kubeconfig=${kubeconfig}`, `--config=${stages}`, '--manage-all-nodes=false'],
    ...[`--manage-nodes-with-label-selector=${simulatedNode.key}=${simulatedNode.value}`, '--cidr=10.244.0.0/16'],
    ...['--node-ip=127.0.0.1', `--node-port=${port}`, `--server-address=127.0.0.1:${port}`],
    ...[`--tls-cert-file=${at('server.crt')}`, `--tls-private-key-file=${at('server.key')}`],
    // Heartbeats by node status: with leases, deletions of pods took 20 s.
    '--node-lease-duration-seconds=0',
  ];
}

/** Label of the nodes that kwok plays the kubelet of. */
export const simulatedNode = { key: 'simulated', value: 'true' } as const;
