import { type ApiObjectMetadata, Size } from 'cdk8s';
import {
  type Capability,
  type ContainerProps,
  Cpu,
  EmptyDirMedium,
  EnvFieldPaths,
  EnvValue,
  ImagePullPolicy,
  type IServiceAccount,
  Secret,
  ServiceAccount,
  Volume,
  type VolumeMount,
} from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { EnvironmentValue, SecretFile } from './environment-values';
import type { PodSize } from './inputs';

/** User and group of every container of ours; the images name the same one. */
export const userId = 10_001;

/** Pod Security Standards, level "restricted". */
export const restrictedPod = { user: userId, group: userId, fsGroup: userId, ensureNonRoot: true } as const;

const restrictedContainer = {
  user: userId,
  group: userId,
  ensureNonRoot: true,
  privileged: false,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL' as Capability] },
};

/** An identity of its own for each workload, without a token: none of them calls the Kubernetes API. */
export function serviceAccount(scope: Construct, metadata: ApiObjectMetadata & { name: string }): IServiceAccount {
  new ServiceAccount(scope, 'account', { metadata, automountToken: false });
  return ServiceAccount.fromServiceAccountName(scope, 'account-name', metadata.name);
}

export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly size: PodSize;
  /** Ceiling of CPU, thousandths of a vCPU. @default twice the request, at least one vCPU */
  readonly cpuLimitMillis?: number;
  /** Room for temporary files, MiB. */
  readonly scratchMiB: number;
  readonly environment: Readonly<Record<string, EnvironmentValue | undefined>>;
}

/** What every container has: exact image, size, restricted rights, its secrets as files, and `/tmp` to write to. */
export function containerProps(scope: Construct, spec: ContainerSpec): ContainerProps {
  return {
    name: spec.name,
    image: spec.image,
    imagePullPolicy: ImagePullPolicy.IF_NOT_PRESENT,
    envVariables: environmentVariables(spec.environment),
    resources: resources(spec),
    securityContext: restrictedContainer,
    volumeMounts: [scratch(scope, spec), ...secretMounts(scope, spec.environment)],
  };
}

function environmentVariables(environment: ContainerSpec['environment']): Record<string, EnvValue> {
  const given = Object.entries(environment).filter(
    (entry): entry is [string, EnvironmentValue] => entry[1] !== undefined,
  );
  const needsAddress = given.some(([, value]) => typeof value === 'object' && value.kind === 'pod-url');
  return Object.fromEntries([
    // Kubernetes expands $(NAME) only from variables that stand before it.
    ...(needsAddress ? [[addressVariable, EnvValue.fromFieldRef(EnvFieldPaths.POD_IP)]] : []),
    ...given.map(([name, value]) => [name, environmentVariable(value)]),
  ]);
}

const addressVariable = 'POD_IP';

function environmentVariable(value: EnvironmentValue): EnvValue {
  if (typeof value === 'string') return EnvValue.fromValue(value);
  switch (value.kind) {
    case 'secret-file':
      return EnvValue.fromValue(secretPath(value));
    case 'pod-name':
      return EnvValue.fromFieldRef(EnvFieldPaths.POD_NAME);
    case 'pod-url':
      return EnvValue.fromValue(`http://$(${addressVariable}):${value.port}`);
  }
}

const secretsDirectory = '/etc/headend/secrets';

export function secretPath({ secret, file }: Pick<SecretFile, 'secret' | 'file'>): string {
  return `${secretsDirectory}/${secret}/${file}`;
}

/** Whole directories, never single files: a `subPath` mount would not see a rotated secret. */
function secretMounts(scope: Construct, environment: ContainerSpec['environment']): VolumeMount[] {
  const names = new Set(
    Object.values(environment)
      .filter((value): value is SecretFile => typeof value === 'object' && value.kind === 'secret-file')
      .map(({ secret }) => secret),
  );
  return [...names].sort().map((name) => secretMount(scope, name));
}

const ownerAndGroupRead = 0o440;

export function secretMount(scope: Construct, name: string): VolumeMount {
  const secret = Secret.fromSecretName(scope, `secret-${name}`, name);
  const volume = Volume.fromSecret(scope, `volume-${name}`, secret, { name, defaultMode: ownerAndGroupRead });
  return { volume, path: `${secretsDirectory}/${name}`, readOnly: true };
}

function scratch(scope: Construct, { name, scratchMiB }: ContainerSpec): VolumeMount {
  const volume = Volume.fromEmptyDir(scope, `${name}-scratch`, 'scratch', {
    medium: EmptyDirMedium.DEFAULT,
    sizeLimit: Size.mebibytes(scratchMiB),
  });
  return { volume, path: '/tmp' };
}

/** Logs and the writable layer, beside the scratch volume. */
const logsMiB = 128;

function resources({ size, cpuLimitMillis, scratchMiB }: ContainerSpec) {
  const memory = Size.mebibytes(size.memoryMiB);
  // cdk8s-plus writes ephemeral storage in whole GiB.
  const storage = Size.gibibytes(Math.ceil((scratchMiB + logsMiB) / 1_024));
  return {
    cpu: {
      request: Cpu.millis(size.cpuMillis),
      limit: Cpu.millis(cpuLimitMillis ?? Math.max(2 * size.cpuMillis, 1_000)),
    },
    memory: { request: memory, limit: memory },
    ephemeralStorage: { request: storage, limit: storage },
  };
}
