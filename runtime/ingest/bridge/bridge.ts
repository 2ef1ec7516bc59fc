import { type ChildProcess, fork } from 'node:child_process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type PublishSession, publisherIdentity } from '../../shared/broadcast';
import type { Logger } from '../../shared/log';
import { readLiveFeed } from '../spool/feed';
import type { Spool } from '../spool/spool';
import type { Rooms, Seat } from '../whip/rooms';
import { type BridgeSettings, settingsVariable } from './settings';

export interface BridgeParts {
  readonly rooms: Rooms;
  readonly livekitUrl: string;
  readonly ffmpegPath: string;
  readonly log: Logger;
}

const firstRetryMs = 1_000;
const longestRetryMs = 15_000;
/** A bridge that held for so long has no failure to be blamed for. */
const healthyMs = 60_000;
/** Whoever watches by WebRTC does so for its latency: pictures are left out rather than shown later than this. */
const longestLagMs = 3_000;
/** From the end of its input to the end of the process. */
const goodbyeMs = 2_000;

/**
 * Brings one RTMP session into its LiveKit room, for viewers who watch by WebRTC. The broadcast does not depend on it:
 * a bridge that fails is started again, and one that falls behind goes on, at the newest key frame.
 */
export class Bridge {
  private readonly stopping = new AbortController();
  private readonly seat: Seat;

  constructor(
    private readonly session: PublishSession,
    roomName: string,
    private readonly spool: Spool,
    private readonly parts: BridgeParts,
  ) {
    this.seat = { roomName, identity: publisherIdentity(session.sessionId) };
    void this.run();
  }

  stop(): void {
    this.stopping.abort();
  }

  private async run(): Promise<void> {
    const { log } = this.parts;
    const { signal } = this.stopping;
    let retryMs = firstRetryMs;
    while (!signal.aborted) {
      const startedAtMs = Date.now();
      try {
        await this.bridgeOnce();
      } catch (error) {
        if (!signal.aborted) log.warn({ err: error, streamId: this.session.streamId }, 'a bridge failed');
      }
      if (this.spool.ended) break;
      if (Date.now() - startedAtMs > healthyMs) retryMs = firstRetryMs;
      await delay(retryMs, undefined, { signal, ref: false }).catch(() => undefined);
      retryMs = Math.min(longestRetryMs, retryMs * 2);
    }
    // LiveKit would show a publisher that left without a word for another 20 s.
    await this.parts.rooms.remove(this.seat).catch(() => undefined);
  }

  private async bridgeOnce(): Promise<void> {
    const { rooms, livekitUrl, ffmpegPath } = this.parts;
    await rooms.ensure(this.seat.roomName);
    const child = startProcess({
      url: livekitUrl.replace(/^http/, 'ws'),
      token: await rooms.publishToken(this.seat),
      ffmpegPath,
      tracks: this.spool.tracks,
    });
    const gone = new AbortController();
    const exited = new Promise<number | null>((resolve) => {
      child.once('exit', resolve);
      child.once('error', () => resolve(null));
    }).finally(() => gone.abort());
    await this.feed(child, AbortSignal.any([gone.signal, this.stopping.signal]));
    const kill = setTimeout(() => child.kill('SIGKILL'), goodbyeMs);
    const code = await exited;
    clearTimeout(kill);
    if (code !== 0 && !this.spool.ended) throw new Error(`the bridge process ended with ${code}`);
  }

  /** Resolves when the session or the process is over. */
  private async feed({ stdin }: ChildProcess, signal: AbortSignal): Promise<void> {
    if (!stdin) throw new Error('the bridge process has no input');
    try {
      const tags = readLiveFeed(this.spool, longestLagMs, signal);
      await pipeline(Readable.from(tags, { objectMode: false }), stdin);
    } catch (error) {
      this.parts.log.debug({ err: error }, 'a bridge’s input was closed');
      stdin.destroy();
    }
  }
}

function startProcess(settings: BridgeSettings): ChildProcess {
  return fork(require.resolve('./bridge-process'), {
    env: { PATH: process.env.PATH, [settingsVariable]: JSON.stringify(settings) },
    stdio: ['pipe', 'ignore', 'inherit', 'ipc'],
  });
}
