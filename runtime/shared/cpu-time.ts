import { readFileSync } from 'node:fs';

/** `USER_HZ`, which Linux has been telling user space on every architecture of ours. */
const ticksPerSecond = 100;

/** Of the process and its threads, and of the children that it has waited for (proc_pid_stat(5), fields 14 to 17). */
const counters = { own: [11, 12], withChildren: [11, 12, 13, 14] } as const;

/**
 * User and system time of a process, in seconds; undefined when it has gone, and where there is no `/proc`.
 *
 * @param whose `withChildren` counts ended children, too
 */
export function cpuSecondsOf(pid: number | undefined, whose: keyof typeof counters = 'own'): number | undefined {
  try {
    // The name, in brackets, may contain anything: fields are counted behind it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return counters[whose].reduce((ticks, index) => ticks + Number(fields[index]), 0) / ticksPerSecond;
  } catch {
    return undefined;
  }
}
