import { instanceTypes } from '../config/instance-types';

/** CPU in thousandths of a vCPU, memory in MiB. */
export interface Room {
  readonly cpuMillis: number;
  readonly memoryMiB: number;
}

/** What the agents of every node request: CNI, proxy, CSI, metrics and log agents. */
const daemons: Room = { cpuMillis: 500, memoryMiB: 512 };
/** With prefix delegation, for instances under 30 vCPUs and above (Amazon EKS User Guide). */
const maxPods = (vcpus: number) => (vcpus < 30 ? 110 : 250);
const evictionMiB = 100;

/**
 * What pods may request on one node: kubelet reservations as EKS makes them (Amazon EKS AMI, bootstrap), less our daemons.
 * `undefined` for a type that the table does not know.
 */
export function allocatable(type: string): Room | undefined {
  const size = sizeOf(type);
  if (!size) return undefined;
  const { vcpus, memoryGiB } = size;
  return {
    cpuMillis: vcpus * 1_000 - reservedCpuMillis(vcpus) - daemons.cpuMillis,
    memoryMiB: memoryGiB * 1_024 - 255 - 11 * maxPods(vcpus) - evictionMiB - daemons.memoryMiB,
  };
}

/** Size of an instance type or of its twin on the other architecture. */
export function sizeOf(type: string) {
  return Object.entries(instanceTypes).find(([name, { twin }]) => name === type || twin === type)?.[1];
}

/** 6 % of the first core, 1 % of the second, 0.5 % of the next two, 0.25 % of the rest. */
function reservedCpuMillis(vcpus: number): number {
  const share = (core: number) => (core === 0 ? 60 : core === 1 ? 10 : core < 4 ? 5 : 2.5);
  return Array.from({ length: vcpus }, (_, core) => share(core)).reduce((sum, millis) => sum + millis, 0);
}

export function scaled({ cpuMillis, memoryMiB }: Room, factor: number): Room {
  return { cpuMillis: cpuMillis * factor, memoryMiB: memoryMiB * factor };
}

export function sumOf(rooms: readonly Room[]): Room {
  return rooms.reduce(
    (sum, { cpuMillis, memoryMiB }) => ({ cpuMillis: sum.cpuMillis + cpuMillis, memoryMiB: sum.memoryMiB + memoryMiB }),
    { cpuMillis: 0, memoryMiB: 0 },
  );
}
