import { type Exit, failWhenExited, type RunningProcess, startProcess } from '../../runtime/local/child-process';
import { poll } from '../../runtime/local/poll';
import { execute, requireTool } from '../../runtime/local/provision/execute';
import { localImage, storageArguments } from './build';

/** Images run by podman with runc, under the rights that the charts give their pods. */

const podmanArguments = [...storageArguments, '--cgroup-manager', 'cgroupfs', '--runtime', 'runc'];

function podman(...args: string[]): Promise<string> {
  return execute(requireTool('podman'), [...podmanArguments, ...args]);
}

const alwaysGiven = [
  ...['--network', 'host', '--no-healthcheck'],
  ...['--read-only', '--read-only-tmpfs=false', '--tmpfs', '/tmp'],
  ...['--cap-drop', 'all', '--security-opt', 'no-new-privileges'],
  // A build machine's own limits may be lower than what podman would ask for.
  ...['--ulimit', 'nofile=4096:4096', '--ulimit', 'nproc=4096:4096'],
];

export interface ContainerOptions {
  readonly image: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Seen by the container at the same path, read-only. */
  readonly directory: string;
}

/** The image's own command, user and variables; nothing of it is overridden. */
export function startContainer({ image, environment, directory }: ContainerOptions): Promise<RunningProcess> {
  const variables = Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  return startProcess({
    name: image,
    command: { file: requireTool('podman'), arguments: podmanArguments },
    arguments: [
      ...['run', '--rm', '--replace', '--name', containerName(image), ...alwaysGiven],
      ...['--volume', `${directory}:${directory}:ro`, ...variables, localImage(image)],
    ],
  });
}

const containerName = (image: string) => `headend-verify-${image}`;

/** Sends SIGTERM to the container's first process and waits, at most `limitSeconds`; then it is killed. */
export async function terminate(image: string, container: RunningProcess, limitSeconds: number): Promise<Exit> {
  await podman('kill', '--signal', 'TERM', containerName(image));
  const kill = setTimeout(() => void removeContainer(image), limitSeconds * 1_000);
  const exit = await container.exited;
  clearTimeout(kill);
  return exit;
}

export async function removeContainer(image: string): Promise<void> {
  await podman('rm', '--force', '--ignore', '--time', '0', containerName(image));
}

/** Waits for a container that runs to its end by itself. */
export async function finish(container: RunningProcess, limitMs: number): Promise<Exit> {
  return Promise.race([
    container.exited,
    poll(
      async (): Promise<never> => {
        throw new Error('it runs on');
      },
      { what: `${container.name} ending`, deadlineMs: limitMs, intervalMs: 500 },
    ),
  ]);
}

export async function imageMegabytes(image: string): Promise<number> {
  const bytes = await podman('image', 'inspect', '--format', '{{.Size}}', localImage(image));
  return Number(bytes) / 1_000_000;
}

/** What the kernel lets a process of the image do. */
export interface Confinement {
  readonly userId: number;
  readonly capabilities: bigint;
  readonly isRootReadOnly: boolean;
}

/** Asks the kernel from inside, in a container that is like the service's but for its command. */
export async function confinementOf(image: string): Promise<Confinement> {
  const kernelFiles = ['/proc/self/status', '/proc/self/mountinfo'];
  const text = await podman('run', '--rm', ...alwaysGiven, localImage(image), 'cat', ...kernelFiles);
  const [, rootOptions = ''] = text.match(/^\d+ \d+ \S+ \S+ \/ (\S+)/m) ?? [];
  return {
    userId: Number(text.match(/^Uid:\s+(\d+)/m)?.[1] ?? Number.NaN),
    capabilities: BigInt(`0x${text.match(/^CapEff:\s+(\w+)/m)?.[1] ?? 'f'}`),
    isRootReadOnly: rootOptions.split(',').includes('ro'),
  };
}

/** Asks a probe until it answers with this status. Rejects when the container ends before. */
export function untilStatus(
  url: string,
  status: number,
  container: RunningProcess,
  deadlineMs: number,
): Promise<string> {
  return poll(
    async () => {
      const answer = await probe(url);
      if (answer.status !== status) throw new Error(`${url} answered ${answer.status} ${answer.body}`);
      return answer.body;
    },
    { what: `${status} of ${container.name}`, deadlineMs, intervalMs: 100, abort: failWhenExited(container) },
  );
}

export async function probe(url: string): Promise<{ readonly status: number; readonly body: string }> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  return { status: response.status, body: await response.text() };
}
