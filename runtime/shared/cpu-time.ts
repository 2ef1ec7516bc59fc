import { readFileSync } from 'node:fs';

/** `USER_HZ`, which Linux has been telling user space on every architecture of ours. */
const ticksPerSecond = 100;

/** Processor time of a process and its threads, in seconds; undefined when it has gone, and where there is no `/proc`. */
export function cpuSecondsOf(pid: number | undefined): number | undefined {
  try {
    // The name, in brackets, may contain anything: fields are counted behind it (proc_pid_stat(5): 14 and 15).
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return undefined;
  }
}
