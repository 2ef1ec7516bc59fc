import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execute, requireTool } from '../../../runtime/local/provision/execute';

export interface DownloadedModule {
  /** The module's files. */
  readonly directory: string;
  readonly goMod: string;
}

/** Fetches a module through the Go module proxy. */
export async function downloadModule(path: string, version: string): Promise<DownloadedModule> {
  const output = await execute(requireTool('go'), ['mod', 'download', '-json', `${path}@${version}`], {
    environment: { GOFLAGS: '-mod=mod' },
  });
  const { Dir: directory, GoMod: goMod } = JSON.parse(output) as { Dir: string; GoMod: string };
  return { directory, goMod };
}

/** Import path of a main package → name of its executable. */
export type Programs = Readonly<Record<string, string>>;

/**
 * Kubernetes cannot be had by `go install`: its own go.mod replaces the staging modules (`k8s.io/api` and about thirty
 * more) by directories. A module of our own that replaces each by its published version of the same release can.
 */
export async function writeKubernetesModule(directory: string, version: string, programs: Programs): Promise<void> {
  const kubernetes = await downloadModule('k8s.io/kubernetes', `v${version}`);
  const upstream = readFileSync(kubernetes.goMod, 'utf8');
  const staging = [...upstream.matchAll(/^\s*(k8s\.io\/\S+) => \.\/staging\//gm)].map(([, name]) => name);
  const settings = upstream.match(/^(go|godebug|toolchain) .*$/gm) ?? [];
  const godebug = upstream.match(/^godebug \([\s\S]*?^\)$/m)?.[0] ?? '';
  const stagingVersion = version.replace(/^1\./, 'v0.');
  writeFileSync(
    join(directory, 'go.mod'),
    [
      'module headend.local/kubernetes',
      ...settings.filter((line) => !line.endsWith('(')),
      godebug,
      `require k8s.io/kubernetes v${version}`,
      ...staging.map((name) => `replace ${name} => ${name} ${stagingVersion}`),
      '',
    ].join('\n'),
  );
  copyFileSync(join(kubernetes.directory, 'go.sum'), join(directory, 'go.sum'));
  const imports = Object.keys(programs).map((path) => `import _ "${path}"`);
  writeFileSync(join(directory, 'programs.go'), ['//go:build programs', 'package programs', ...imports, ''].join('\n'));
  await execute(requireTool('go'), ['mod', 'tidy'], { directory, environment: { GOFLAGS: '-mod=mod' } });
}

export interface BuildOptions {
  readonly module: string;
  readonly package: string;
  readonly output: string;
  /** What the program says its version is. */
  readonly kubernetesVersion?: string;
}

export async function buildProgram({ module, package: path, output, kubernetesVersion }: BuildOptions): Promise<void> {
  const versionFlags = kubernetesVersion === undefined ? '' : versionLinkerFlags(kubernetesVersion);
  await execute(requireTool('go'), ['build', '-trimpath', '-ldflags', `-s -w ${versionFlags}`, '-o', output, path], {
    directory: module,
    environment: { CGO_ENABLED: '0', GOFLAGS: '-mod=mod -buildvcs=false' },
  });
}

/** Without these the API server says v0.0.0-master, and clients compare versions. */
function versionLinkerFlags(version: string): string {
  const [major, minor] = version.split('.');
  const values = { gitVersion: `v${version}`, gitMajor: major, gitMinor: minor };
  return Object.entries(values)
    .flatMap(([name, value]) =>
      ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].map((pkg) => `-X ${pkg}.${name}=${value}`),
    )
    .join(' ');
}
