import { setTimeout as delay } from 'node:timers/promises';
import type { PublishSession } from '../../shared/broadcast';
import type { Logger } from '../../shared/log';
import type { RedisClient } from '../../shared/redis';
import type { BroadcastMonitor } from '../health/broadcast-monitor';
import { clockOffsetSeconds } from '../ladder/ffmpeg-arguments';
import { startLadder } from '../ladder/ladder-process';
import { type PlanConstraints, planLadder } from '../ladder/plan';
import type { SourceDescription } from '../sources/inspection';
import { RoomSource } from '../sources/room/room-source';
import type { Publisher } from '../upload/publisher';
import { Encoding, plannedBandwidth } from './encoding';
import type { AttemptOutcome } from './outcome';
import { readSession } from './session-watch';

export interface RoomAttemptOptions {
  readonly session: PublishSession;
  readonly constraints: PlanConstraints;
  readonly publisher: Publisher;
  readonly redis: RedisClient;
  readonly livekit: { readonly url: string; readonly keysFile: string };
  readonly ffmpegPath: string;
  /** For the sockets of this attempt. */
  readonly socketDirectory: string;
  readonly nextAttempt: () => Promise<number>;
  readonly monitor: BroadcastMonitor;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

const frameRate = 30;
const watchEveryMs = 400;

/**
 * Packages a LiveKit room at a constant rate: whatever happens in the room, the timeline goes on, with slate and
 * silence where nothing comes. It ends when its publisher has been away for the grace, or for good.
 */
export async function runRoomAttempt(options: RoomAttemptOptions): Promise<AttemptOutcome> {
  const { session, log } = options;
  if (session.roomName === undefined) return { kind: 'source-lost', why: 'the session names no room' };
  const number = await options.nextAttempt();
  const room = await RoomSource.start({
    livekitUrl: options.livekit.url,
    keysFile: options.livekit.keysFile,
    roomName: session.roomName,
    identity: `packager-${number}`,
    directory: options.socketDirectory,
    onFrames: (frames) => options.monitor.counted(frames),
    ...{ frameRate, log },
  });
  const watching = new AbortController();
  const over = untilOver(options, watching.signal);
  // An attempt that ends otherwise stops the watch, which then rejects.
  over.catch(() => undefined);
  try {
    return await encodeRoom(options, number, room, over);
  } catch (error) {
    if (options.signal.aborted) throw error;
    return { kind: 'source-lost', why: error instanceof Error ? error.message : String(error) };
  } finally {
    watching.abort();
    await room.stop();
  }
}

async function encodeRoom(
  options: RoomAttemptOptions,
  number: number,
  room: RoomSource,
  over: Promise<number>,
): Promise<AttemptOutcome> {
  const { session, constraints, publisher, ffmpegPath, monitor, signal, log } = options;
  const picture = await Promise.race([room.ready, over.then(() => undefined)]);
  if (!picture) return { kind: 'source-ended' };
  const { width, height } = picture;
  const source: SourceDescription = { video: { width, height, frameRate, encoded: undefined }, audio: roomAudio };
  const plan = planLadder(source, constraints);
  log.info({ plan: plan.video.map(({ name }) => name), width, height }, 'packaging of a room begins');
  monitor.planned(source, plan, constraints.droppedRungs);
  const { videoSocket, audioSocket } = room;
  const input = { kind: 'frames', width, height, frameRate, videoSocket, audioSocket } as const;
  const ladder = startLadder({ ffmpegPath, plan, input, leadInSeconds: 0, log });
  const startedAtMs = await room.startedAtMs;
  const sessionStartMs = startedAtMs - session.startedAtMs;
  const encoding = new Encoding({
    ...{ ladder, plan, publisher, log },
    notBeforeSeconds: 0,
    begin: (inits) => {
      publisher.begin({
        ...{ number, session, inits },
        targetSeconds: plan.targetSeconds,
        frameRate: plan.frameRate,
        aliases: plan.aliases,
        plannedBandwidth: plannedBandwidth(plan),
        mediaMsAtZero: sessionStartMs - clockOffsetSeconds * 1_000,
      });
      monitor.began(session, number, inits);
    },
    cutDone: (cut) => {
      const mediaMs = (cut.startSeconds + cut.durationSeconds - clockOffsetSeconds) * 1_000;
      // The clock makes media as time passes: what is due now came in now.
      monitor.arrived(Date.now() - startedAtMs);
      monitor.cut(cut, mediaMs);
    },
  });
  const stop = () => encoding.abandon();
  signal.addEventListener('abort', stop, { once: true });
  monitor.watch(encoding);
  // Without its sockets ffmpeg has reached the end of both inputs, and finishes.
  const ended = over.then((sinceMs) => room.stop().then(() => sinceMs));
  ended.catch(() => undefined);
  try {
    const outcome = await encoding.run();
    signal.throwIfAborted();
    if (outcome) return outcome;
    const sinceMs = await Promise.race([ended, room.exited.then(() => undefined)]);
    return sinceMs === undefined
      ? { kind: 'source-lost', why: 'the subscriber process ended' }
      : { kind: 'source-ended', sinceMs };
  } finally {
    signal.removeEventListener('abort', stop);
    monitor.unwatch();
    ladder.kill();
  }
}

/** What the subscriber makes of any room's sound. */
const roomAudio = { sampleRate: 48_000, channels: 2 };

/** Resolves when the broadcast's publisher is gone for good, with the moment it was last there. */
async function untilOver({ redis, session, log }: RoomAttemptOptions, signal: AbortSignal): Promise<number> {
  let seenAtMs = Date.now();
  for (;;) {
    try {
      const now = await readSession(redis, session.streamId);
      if (now.session?.source === 'room') seenAtMs = Date.now();
      else if (now.session || now.isOver) return seenAtMs;
      if (Date.now() - seenAtMs > session.resumeGraceSeconds * 1_000) return seenAtMs;
    } catch (error) {
      log.warn({ err: error }, 'the session could not be read');
      seenAtMs = Date.now();
    }
    await delay(watchEveryMs, undefined, { signal });
  }
}
