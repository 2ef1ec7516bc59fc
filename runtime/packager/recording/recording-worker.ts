import { fork } from 'node:child_process';
import { z } from 'zod';
import { broadcastKeys } from '../../shared/broadcast';
import type { Logger } from '../../shared/log';
import type { RedisClient } from '../../shared/redis';
import { type Repetition, repeat } from '../../shared/repeat';
import type { EventReporter } from '../health/event-reporter';

export interface RecordingWorkerOptions {
  readonly redis: RedisClient;
  readonly region: string;
  readonly owner: string;
  readonly slots: number;
  readonly reporter: EventReporter;
  readonly log: Logger;
}

const lookEveryMs = 2_000;

/** A job whose packager died is begun again by another after this. */
const leaseMs = 20_000;
const renewEveryMs = 5_000;

/** A broadcast that cannot be made into a recording is given up after this many attempts. */
const mostFailures = 3;

const recordingMessage = z.object({
  durationSeconds: z.number(),
  bytes: z.number().int(),
  width: z.number().int(),
  height: z.number().int(),
});

/** Has recordings of ended broadcasts made, each by a process of its own. */
export class RecordingWorker {
  readonly #active = new Map<string, Promise<void>>();
  readonly #stopping = new AbortController();
  #looking: Repetition | undefined;

  constructor(private readonly options: RecordingWorkerOptions) {}

  start(): void {
    if (this.options.slots > 0) this.#looking = repeat(() => this.#look(), lookEveryMs);
  }

  /** Ends jobs at once: another packager begins them again. */
  async stop(): Promise<void> {
    await this.#looking?.stop();
    this.#stopping.abort();
    await Promise.all(this.#active.values());
  }

  async #look(): Promise<void> {
    const { redis, region, owner, slots, log } = this.options;
    try {
      for (const streamId of await redis.smembers(broadcastKeys.recordings(region))) {
        if (this.#active.size >= slots) return;
        if (this.#active.has(streamId)) continue;
        const key = broadcastKeys.recordingLease(streamId);
        if ((await redis.set(key, owner, 'PX', leaseMs, 'NX')) === null) continue;
        const done = this.#make(streamId).finally(() => this.#active.delete(streamId));
        this.#active.set(streamId, done);
      }
    } catch (error) {
      log.warn({ err: error }, 'recordings could not be looked for');
    }
  }

  async #make(streamId: string): Promise<void> {
    const { redis, region, reporter, log } = this.options;
    const lease = broadcastKeys.recordingLease(streamId);
    const renewal = repeat(async () => {
      await redis
        .pexpire(lease, leaseMs)
        .catch((error: unknown) => log.warn({ err: error }, 'a lease was not renewed'));
    }, renewEveryMs);
    try {
      const recording = await runJob(streamId, this.#stopping.signal, log);
      await reporter.report(streamId, { type: 'recording-ready', ...recording });
      await redis.srem(broadcastKeys.recordings(region), streamId);
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      log.error({ err: error, streamId }, 'a recording could not be made');
      await this.#countFailure(streamId, error instanceof Error ? error.message : String(error));
    } finally {
      await renewal.stop();
      await redis.del(lease).catch((error: unknown) => log.warn({ err: error }, 'a lease is left to expire'));
    }
  }

  async #countFailure(streamId: string, reason: string): Promise<void> {
    const { redis, region, reporter, log } = this.options;
    try {
      const failures = await redis.incr(broadcastKeys.recordingFailures(streamId));
      await redis.expire(broadcastKeys.recordingFailures(streamId), failureTtlSeconds);
      if (failures < mostFailures) return;
      await reporter.report(streamId, { type: 'recording-failed', reason });
      await redis.srem(broadcastKeys.recordings(region), streamId);
    } catch (error) {
      log.warn({ err: error, streamId }, 'a failure could not be counted');
    }
  }
}

const failureTtlSeconds = 24 * 3_600;

/** One process per recording. Rejects with what it said last. */
function runJob(streamId: string, signal: AbortSignal, log: Logger): Promise<z.output<typeof recordingMessage>> {
  return new Promise((resolve, reject) => {
    const child = fork(require.resolve('./main'), [streamId], {
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
      signal,
      killSignal: 'SIGKILL',
    });
    let complaint = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint = text;
      log.debug({ streamId, job: text.trim() }, 'the recording job says');
    });
    let made: z.output<typeof recordingMessage> | undefined;
    child.on('message', (message) => {
      made = recordingMessage.parse(message);
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0 && made) resolve(made);
      else reject(new Error(complaint.trim() || `the job ended with ${code}`));
    });
  });
}
