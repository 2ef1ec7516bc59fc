export type Architecture = 'arm64' | 'x86_64';

export interface InstanceType {
  readonly vcpus: number;
  readonly memoryGiB: number;
  /** The type of the same size that stands in for it with `arch=x86_64`. */
  readonly twin: string;
}

/** EC2 types of the node groups (Amazon EC2 Instance Types Guide). A type is added here and nowhere else. */
export const instanceTypes = {
  'm7g.large': { vcpus: 2, memoryGiB: 8, twin: 'm7i.large' },
  'm7g.xlarge': { vcpus: 4, memoryGiB: 16, twin: 'm7i.xlarge' },
  'm7g.2xlarge': { vcpus: 8, memoryGiB: 32, twin: 'm7i.2xlarge' },
  'c7g.4xlarge': { vcpus: 16, memoryGiB: 32, twin: 'c7i.4xlarge' },
  'c7g.8xlarge': { vcpus: 32, memoryGiB: 64, twin: 'c7i.8xlarge' },
  'c6g.2xlarge': { vcpus: 8, memoryGiB: 16, twin: 'c6i.2xlarge' },
  'c6gd.2xlarge': { vcpus: 8, memoryGiB: 16, twin: 'c6id.2xlarge' },
  'c6gn.2xlarge': { vcpus: 8, memoryGiB: 16, twin: 'c6a.2xlarge' },
  'c7g.2xlarge': { vcpus: 8, memoryGiB: 16, twin: 'c7i.2xlarge' },
  'c7gd.2xlarge': { vcpus: 8, memoryGiB: 16, twin: 'c5.2xlarge' },
  'c7gn.2xlarge': { vcpus: 8, memoryGiB: 16, twin: 'c5a.2xlarge' },
} as const satisfies Record<string, InstanceType>;

export type InstanceTypeName = keyof typeof instanceTypes;

export function isInstanceType(name: string): name is InstanceTypeName {
  return Object.hasOwn(instanceTypes, name);
}

/** The types to launch for an architecture. */
export function forArchitecture(types: readonly string[], architecture: Architecture): string[] {
  return types.map((type) => (architecture === 'x86_64' && isInstanceType(type) ? instanceTypes[type].twin : type));
}
