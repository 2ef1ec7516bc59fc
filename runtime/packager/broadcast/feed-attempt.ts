import type { PublishSession } from '../../shared/broadcast';
import { FlvError, type FlvTag, readFlv } from '../../shared/flv';
import type { Logger } from '../../shared/log';
import type { BroadcastMonitor } from '../health/broadcast-monitor';
import { clockOffsetSeconds } from '../ladder/ffmpeg-arguments';
import { type LadderProcess, startLadder } from '../ladder/ladder-process';
import {
  irregularKeyFrames,
  type LadderPlan,
  longestSegmentSeconds,
  type PlanConstraints,
  planLadder,
} from '../ladder/plan';
import { contentOf } from '../sources/codecs';
import { FeedError, openFeed } from '../sources/feed';
import { FlvInput } from '../sources/flv-input';
import { type SourceDescription, SourceInspector } from '../sources/inspection';
import { KeyFrameWatch } from '../sources/key-frame-watch';
import type { Publisher } from '../upload/publisher';
import { Encoding, feedLadder, plannedBandwidth } from './encoding';
import type { AttemptOutcome } from './outcome';

export interface FeedAttemptOptions {
  readonly session: PublishSession;
  /** The session's time up to which all is published; undefined for a new session. */
  readonly fromMs: number | undefined;
  readonly constraints: PlanConstraints;
  readonly publisher: Publisher;
  readonly serviceToken: () => Promise<string>;
  readonly ffmpegPath: string;
  /** The attempt's number: a fencing token. Asked only when there is media. */
  readonly nextAttempt: () => Promise<number>;
  readonly monitor: BroadcastMonitor;
  /** Ends the attempt at once, with nothing flushed: the lease is lost, or goes to another packager. */
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** Packages an RTMP session from the gate's feed until it ends or must be planned anew. */
export async function runFeedAttempt(options: FeedAttemptOptions): Promise<AttemptOutcome> {
  const { session, fromMs, constraints, monitor, log, signal } = options;
  const closing = new AbortController();
  try {
    const feed = await openFeed(session, fromMs, options.serviceToken, AbortSignal.any([signal, closing.signal]));
    const tags = readFlv(feed);
    const head = await inspect(tags);
    if (!head) return { kind: 'source-ended' };
    const plan = planLadder(head.source, constraints);
    log.info(
      { plan: plan.video.map(({ name, method }) => `${name}:${method}`), fromMs, hints: plan.hints },
      'packaging begins',
    );
    monitor.planned(head.source, plan, constraints.droppedRungs);
    return await encode(options, head, plan, tags);
  } catch (error) {
    if (error instanceof FeedError || error instanceof FlvError) return { kind: 'source-lost', why: error.message };
    throw error;
  } finally {
    closing.abort();
  }
}

interface Head {
  readonly source: SourceDescription;
  readonly tags: readonly FlvTag[];
}

async function inspect(tags: AsyncIterator<FlvTag>): Promise<Head | undefined> {
  const inspector = new SourceInspector();
  for (let next = await nextTag(tags); next; next = await nextTag(tags)) {
    if (inspector.push(next)) break;
  }
  const source = inspector.describe();
  if (!source.video && !source.audio) return undefined;
  return { source, tags: inspector.tags };
}

/** A feed that breaks off is lost; one that ends properly is over. */
async function nextTag(tags: AsyncIterator<FlvTag>): Promise<FlvTag | undefined> {
  try {
    const { value, done } = await tags.next();
    return done ? undefined : (value as FlvTag);
  } catch (error) {
    throw error instanceof FlvError ? error : new FeedError('the feed broke off', { cause: error });
  }
}

async function encode(
  options: FeedAttemptOptions,
  head: Head,
  plan: LadderPlan,
  tags: AsyncIterator<FlvTag>,
): Promise<AttemptOutcome> {
  const { session, publisher, ffmpegPath, monitor, signal, log } = options;
  const number = await options.nextAttempt();
  const fromMs = options.fromMs ?? 0;
  const leadInSeconds = Math.max(0, fromMs - firstPictureMs(head.tags)) / 1_000;
  const ladder = startLadder({ ffmpegPath, plan, input: { kind: 'flv' }, leadInSeconds, log });
  const encoding = new Encoding({
    ladder,
    plan,
    publisher,
    notBeforeSeconds: fromMs / 1_000 + clockOffsetSeconds,
    begin: (inits) => {
      publisher.begin({
        number,
        session,
        targetSeconds: plan.targetSeconds,
        frameRate: plan.frameRate,
        aliases: plan.aliases,
        inits,
        plannedBandwidth: plannedBandwidth(plan),
        mediaMsAtZero: -clockOffsetSeconds * 1_000,
      });
      monitor.began(session, number, inits);
    },
    cutDone: (cut) => monitor.cut(cut, (cut.startSeconds + cut.durationSeconds - clockOffsetSeconds) * 1_000),
    log,
  });
  const stop = () => encoding.abandon();
  signal.addEventListener('abort', stop, { once: true });
  monitor.watch(encoding);
  try {
    const fed = feedAll(options, head, tags, { ladder, plan, encoding });
    const outcome = await encoding.run();
    signal.throwIfAborted();
    return outcome ?? (await fed);
  } finally {
    signal.removeEventListener('abort', stop);
    monitor.unwatch();
    ladder.kill();
  }
}

function firstPictureMs(tags: readonly FlvTag[]): number {
  return tags.find((tag) => contentOf(tag).kind === 'avc-frame')?.timestampMs ?? 0;
}

interface Run {
  readonly ladder: LadderProcess;
  readonly plan: LadderPlan;
  readonly encoding: Encoding;
}

/** Feeds ffmpeg until the source ends, then lets it finish. */
async function feedAll(
  { monitor, signal }: FeedAttemptOptions,
  head: Head,
  rest: AsyncIterator<FlvTag>,
  { ladder, plan, encoding }: Run,
): Promise<AttemptOutcome> {
  const input = new FlvInput(head.source);
  const copies = plan.video.some(({ method }) => method === 'copy');
  const keyFrames = new KeyFrameWatch(copies ? longestSegmentSeconds(plan.targetSeconds) : Infinity);
  let outcome: AttemptOutcome = { kind: 'source-ended' };
  const feed = async (tag: FlvTag): Promise<boolean> => {
    const content = contentOf(tag);
    monitor.received(tag, content);
    if (keyFrames.isOverdue(tag, content)) encoding.replan({ kind: 'must-transcode', why: irregularKeyFrames });
    const bytes = input.accept(tag);
    monitor.silenced(input.silenceSeconds);
    return feedLadder(ladder, bytes, signal);
  };
  try {
    let goesOn = await feedLadder(ladder, input.header(), signal);
    for (const tag of head.tags) goesOn &&= await feed(tag);
    for (let tag = await nextTag(rest); tag && goesOn; tag = await nextTag(rest)) goesOn = await feed(tag);
  } catch (error) {
    if (!(error instanceof FeedError || error instanceof FlvError)) throw error;
    outcome = { kind: 'source-lost', why: error.message };
  }
  ladder.input?.end();
  return outcome;
}
