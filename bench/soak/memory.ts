import { median } from '../support/table';

export interface MemorySample {
  /** Tells one process from the next of the same service. */
  readonly processStartSeconds: number;
  readonly bytes: number;
}

/** Node's own figures, as the service's management port shows them. */
export async function sampleMemory(managementUrl: string): Promise<MemorySample> {
  const text = await (await fetch(`${managementUrl}/metrics`)).text();
  const value = (name: string) => {
    const line = text.split('\n').find((each) => each.startsWith(name));
    if (line === undefined) throw new Error(`${managementUrl} has no metric ${name}`);
    return Number(line.split(' ').at(-1));
  };
  return {
    processStartSeconds: value('process_start_time_seconds'),
    bytes: value('process_resident_memory_bytes'),
  };
}

export interface Growth {
  readonly samples: number;
  readonly firstBytes: number;
  readonly lastBytes: number;
  /** Of the medians of the newest process's middle and last third. */
  readonly ratio: number;
}

/** Whether memory grows: the first third of a process's life, in which it warms up, does not count. Pure. */
export function growthOf(samples: readonly MemorySample[]): Growth {
  const newest = samples.at(-1)?.processStartSeconds;
  const life = samples.filter(({ processStartSeconds }) => processStartSeconds === newest).map(({ bytes }) => bytes);
  const third = Math.floor(life.length / 3);
  const firstBytes = median(life.slice(third, 2 * third));
  const lastBytes = median(life.slice(2 * third));
  return { samples: life.length, firstBytes, lastBytes, ratio: lastBytes / firstBytes };
}
