import { setTimeout as pause } from 'node:timers/promises';
import { badEnvironmentExitCode } from '../shared/server';
import { type Exit, killRemaining, type RunningProcess } from './child-process';

/** Stopped in this order: who uses something ends before what it uses. */
const phases = ['broadcaster', 'service', 'server'] as const;
export type Phase = (typeof phases)[number];

/** Time each phase has to end by itself; together with the rest under five seconds. */
const graceMs: Readonly<Record<Phase, number>> = { broadcaster: 500, service: 2_000, server: 1_500 };

const longestBackOffMs = 10_000;
/** Having run this long, a process is healthy: its next crash counts as the first. */
const healthyAfterMs = 30_000;

interface Supervised {
  readonly name: string;
  readonly phase: Phase;
  readonly launch: () => Promise<RunningProcess>;
  process?: RunningProcess;
  retired: boolean;
}

/** Keeps processes running, and ends them all. */
export class Supervisor {
  private readonly supervised: Supervised[] = [];
  private stopping = false;

  /** @param say tells people what happened to a process */
  constructor(private readonly say: (sentence: string) => void) {}

  /** Starts a process for the first time. Rejects when it does not come up: that is for the caller to tell. */
  async start(name: string, phase: Phase, launch: () => Promise<RunningProcess>): Promise<void> {
    const supervised: Supervised = { name, phase, launch, retired: false };
    this.supervised.push(supervised);
    await this.launch(supervised);
    void this.keepRunning(supervised);
  }

  /** Process id, while it runs. */
  pid(name: string): number | undefined {
    return this.find(name)?.process?.pid;
  }

  /** Ends one process for good. */
  async retire(name: string): Promise<void> {
    const supervised = this.find(name);
    if (!supervised) return;
    supervised.retired = true;
    this.supervised.splice(this.supervised.indexOf(supervised), 1);
    await supervised.process?.stop(graceMs[supervised.phase]);
  }

  /** Ends everything, phase by phase. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const phase of phases) {
      const inPhase = this.supervised.filter((supervised) => supervised.phase === phase);
      await Promise.all(inPhase.map(({ process }) => process?.stop(graceMs[phase])));
    }
    killRemaining();
  }

  private find(name: string): Supervised | undefined {
    return this.supervised.find((supervised) => supervised.name === name);
  }

  private async launch(supervised: Supervised): Promise<void> {
    supervised.process = await supervised.launch();
  }

  private async keepRunning(supervised: Supervised): Promise<void> {
    let crashes = 0;
    while (supervised.process) {
      const since = Date.now();
      const exit = await supervised.process.exited;
      if (this.stopping || supervised.retired) return;
      crashes = Date.now() - since > healthyAfterMs ? 1 : crashes + 1;
      await this.relaunch(supervised, describe(exit), crashes);
    }
  }

  /** Tries until it comes up again. */
  private async relaunch(supervised: Supervised, reason: string, crashes: number): Promise<void> {
    const backOffMs = Math.min(longestBackOffMs, 500 * 2 ** (crashes - 1));
    this.say(`${supervised.name} ${reason}; starting it again in ${backOffMs / 1_000} s`);
    await pause(backOffMs);
    if (this.stopping || supervised.retired) return;
    try {
      await this.launch(supervised);
      this.say(`${supervised.name} runs again`);
    } catch (error) {
      await this.relaunch(supervised, `did not come up (${(error as Error).message})`, crashes + 1);
    }
  }
}

function describe({ code, signal, lastLines }: Exit): string {
  if (signal) return `was ended by ${signal}`;
  const how = code === badEnvironmentExitCode ? 'found a fault in its environment' : `ended with code ${code}`;
  const last = lastLines.at(-1);
  return last === undefined ? how : `${how} (${last})`;
}
