import { withinDeadline } from '../shared/deadline';
import type { Handlers } from '../shared/http';
import type { Logger } from '../shared/log';
import { Problem } from '../shared/problem';
import type { UserPrincipal } from '../shared/tokens';
import type { analyticsContract } from './contract';
import { deliveryCost } from './cost';
import type { EventStore } from './events/event-store';
import type { ReportBuffer } from './events/report-buffer';
import { minuteOf } from './keys';
import { addMinutes, type Minute, meanOf, readMinute, watchedMs } from './minutes/minute';
import type { Minutes } from './minutes/minutes';
import type { OwnerLookup } from './owners';
import { sampleRate } from './sampling';
import { heartbeatSeconds, type ViewerCount, type ViewerCounts } from './viewers/viewer-counts';

export interface HandlerDependencies {
  readonly viewers: ViewerCounts;
  readonly minutes: Minutes;
  readonly events: EventStore;
  readonly buffer: ReportBuffer;
  readonly owners: OwnerLookup;
  /** Where viewers are who do not say it. */
  readonly region: string;
  readonly log: Logger;
  readonly now: () => number;
}

const hourMs = 3_600_000;
/** Requests do not pile up behind a store that hangs. */
const beatDeadlineMs = 1_000;
const answerDeadlineMs = 5_000;
const late = () => new Error('the store did not answer in time');

export function createHandlers(dependencies: HandlerDependencies): Handlers<typeof analyticsContract> {
  const { viewers, minutes, events, buffer, owners, region, log, now } = dependencies;
  /** As last heard: for answers while Redis is away, and for sample rates. */
  const lastCounts = new LastCounts();
  const openMinutes = new OpenMinutes(minutes, log);

  return {
    async heartbeat({ body }) {
      const { streamId, sessionId, viewerId = sessionId, transport, state } = body;
      const minuteMs = minuteOf(now());
      const beat = { streamId, sessionId, viewerId, transport, region: body.region ?? region };
      try {
        const beating = viewers.beat({ ...beat, isPlaying: state === 'playing' }, minuteMs);
        lastCounts.set(streamId, await withinDeadline(beating, beatDeadlineMs, late));
        openMinutes.mark(streamId, minuteMs);
      } catch (error) {
        log.warn({ err: error }, 'a heartbeat was not counted');
      }
      const count = lastCounts.get(streamId)?.viewers ?? 0;
      const answer = { viewers: count, nextSeconds: heartbeatSeconds, sampleRate: sampleRate(count, buffer.fill) };
      return { status: 200, body: answer };
    },
    async recordEvents({ body }) {
      const { streamId, sessionId, transport } = body;
      const rate = sampleRate(lastCounts.get(streamId)?.viewers ?? 0, buffer.fill);
      const common = { streamId, sessionId, transport, region: body.region ?? region, receivedAtMs: now() };
      buffer.add(body.events.map((event) => ({ ...common, sampleRate: rate, event })));
      openMinutes.mark(streamId, minuteOf(now()));
      return { status: 202, body: { sampleRate: rate } };
    },
    async getViewers({ params }) {
      const count = await unlessAway(viewers.look(params.streamId));
      lastCounts.set(params.streamId, count);
      const { byTransport, byRegion } = count;
      return {
        status: 200,
        body: { viewers: count.viewers, peak: count.peak, byTransport: { ...byTransport }, byRegion: { ...byRegion } },
      };
    },
    async getTimeline({ params, query, principal }) {
      await requireOwner(owners, params.streamId, principal);
      const { to = now(), from = to - hourMs } = query;
      await unlessAway(minutes.snapshot(now()));
      const read = await unlessAway(minutes.read(params.streamId, minuteOf(from), to));
      return { status: 200, body: { minutes: read.map(({ atMs, fields }) => minuteAnswer(atMs, readMinute(fields))) } };
    },
    async getSummary({ params, principal }) {
      await requireOwner(owners, params.streamId, principal);
      await unlessAway(minutes.snapshot(now()));
      const [count, uniqueViewers, read, droppedFrames] = await unlessAway(
        Promise.all([
          viewers.look(params.streamId),
          viewers.uniques(params.streamId),
          minutes.read(params.streamId, 0, now()),
          events.droppedFrames(params.streamId),
        ]),
      );
      const whole = readMinute(addMinutes(read.map(({ fields }) => fields)));
      return {
        status: 200,
        body: {
          viewers: count.viewers,
          peak: Math.max(count.peak, whole.peak),
          uniqueViewers,
          watchSeconds: watchedMs(whole) / 1_000,
          qoe: qoeAnswer(whole),
          droppedFrames,
          cost: deliveryCost(whole.watched, meanOf(whole.means.br)),
        },
      };
    },
  };
}

function minuteAnswer(atMs: number, minute: Minute) {
  const byTransport = { hls: 0, webrtc: 0 };
  const byRegion: Record<string, number> = {};
  for (const { transport, region, ms } of minute.watched) {
    const seconds = Math.round(ms / 1_000);
    byTransport[transport] += seconds;
    byRegion[region] = (byRegion[region] ?? 0) + seconds;
  }
  const watched = watchedMs(minute);
  return {
    at: atMs,
    viewers: watched / 60_000,
    peak: minute.peak,
    watchSeconds: watched / 1_000,
    byTransport,
    byRegion,
    qoe: qoeAnswer(minute),
  };
}

function qoeAnswer(minute: Minute) {
  const { msd, ltc, br, mtp } = minute.means;
  const watched = watchedMs(minute);
  return {
    reports: minute.reports,
    startDelayMs: meanOf(msd),
    liveLatencyMs: meanOf(ltc),
    bitrateKbps: meanOf(br),
    throughputKbps: meanOf(mtp),
    rebufferRatio: watched > 0 ? minute.starvedMs / (watched + minute.starvedMs) : null,
    errors: minute.errors,
  };
}

async function requireOwner(owners: OwnerLookup, streamId: string, user: UserPrincipal): Promise<void> {
  if (user.role === 'admin') return;
  if ((await owners.ownerOf(streamId)) !== user.userId) throw new Problem('forbidden');
}

async function unlessAway<T>(work: Promise<T>): Promise<T> {
  try {
    return await withinDeadline(work, answerDeadlineMs, late);
  } catch (error) {
    throw new Problem('unavailable', undefined, { retryAfterSeconds: 2, cause: error });
  }
}

const mostRemembered = 20_000;

class LastCounts {
  private readonly counts = new Map<string, ViewerCount>();

  get(streamId: string): ViewerCount | undefined {
    return this.counts.get(streamId);
  }

  set(streamId: string, count: ViewerCount): void {
    this.counts.delete(streamId);
    if (this.counts.size >= mostRemembered) this.counts.delete(this.counts.keys().next().value as string);
    this.counts.set(streamId, count);
  }
}

/** Marks each minute of a stream once per pod. */
class OpenMinutes {
  private marked = new Set<string>();

  constructor(
    private readonly minutes: Minutes,
    private readonly log: Logger,
  ) {}

  mark(streamId: string, minuteMs: number): void {
    const key = `${streamId} ${minuteMs}`;
    if (this.marked.has(key)) return;
    if (this.marked.size >= mostRemembered) this.marked = new Set();
    this.marked.add(key);
    this.minutes.open(streamId, minuteMs).catch((error: unknown) => {
      this.marked.delete(key);
      this.log.warn({ err: error }, 'a minute was not marked');
    });
  }
}
