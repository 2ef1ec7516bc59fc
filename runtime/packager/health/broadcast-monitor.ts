import type { BroadcastEvent, PublishSession } from '../../shared/broadcast';
import type { FlvTag } from '../../shared/flv';
import { type MediaLocation, segmentSeconds } from '../../shared/media-layout';
import { type Repetition, repeat } from '../../shared/repeat';
import type { Encoding } from '../broadcast/encoding';
import type { LadderPlan } from '../ladder/plan';
import type { Lease } from '../lease/lease';
import type { Cut } from '../segments/cutter';
import type { InitSegment } from '../segments/fragments';
import type { TagContent } from '../sources/codecs';
import type { SourceDescription } from '../sources/inspection';
import { type RoomFrames, roomFrameKinds } from '../sources/room/protocol';
import type { Publisher } from '../upload/publisher';
import { Governor } from './governor';
import { hintsFor } from './hints';
import { Pace } from './pace';
import { SourceMeter } from './source-meter';
import type { ThumbnailMaker } from './thumbnails';

export interface BroadcastMonitorOptions {
  readonly lease: Lease;
  readonly publisher: Publisher;
  readonly thumbnails: ThumbnailMaker;
  readonly report: (event: BroadcastEvent) => Promise<void>;
  readonly metrics: BroadcastMetrics;
}

export interface BroadcastMetrics {
  encoderUsed(cpuSeconds: number): void;
  roomFrames(kind: keyof RoomFrames, count: number): void;
}

/** What a process shows of one broadcast in its metrics. */
export interface BroadcastFigures {
  readonly lagSeconds: number;
  readonly realTimeFactor: number;
  readonly copied: number;
  readonly transcoded: number;
  readonly sourceKbps: number;
  readonly keyFrameSeconds: number;
  readonly soundLeadSeconds: number;
}

const judgeEveryMs = 1_000;
const reportEveryMs = 10_000;
const firstReportAfterMs = 3_000;

/** An encoder that gives nothing for this long, though media comes in, hangs. */
const hangsAfterMs = 20_000;

interface Run {
  readonly source: SourceDescription;
  readonly plan: LadderPlan;
  readonly meter: SourceMeter;
  readonly pace: Pace;
  silenceSeconds: number;
  lastFrameAtMs: number;
}

/** Watches a broadcast: tells the stream service how it does, governs its CPU, has thumbnails made. */
export class BroadcastMonitor {
  readonly #governor = new Governor();
  #run: Run | undefined;
  #encoding: Encoding | undefined;
  #droppedRungs = 0;
  #judging: Repetition | undefined;
  #reportedAtMs: number | undefined;

  constructor(private readonly options: BroadcastMonitorOptions) {}

  get figures(): BroadcastFigures {
    const video = this.#encoding ? (this.#run?.plan.video ?? []) : [];
    const copied = video.filter(({ method }) => method === 'copy').length;
    const nowMs = Date.now();
    // A segment is due when its last frame is in, a segment's length after the one before.
    const encoderSeconds = (this.#run?.pace.lagSeconds(nowMs) ?? 0) - segmentSeconds;
    return {
      lagSeconds: Math.max(0, encoderSeconds, this.options.publisher.lagSeconds(nowMs)),
      realTimeFactor: this.#run?.pace.realTimeFactor ?? 1,
      copied,
      transcoded: video.length - copied,
      sourceKbps: this.#run?.meter.kbps ?? 0,
      keyFrameSeconds: this.#run?.meter.keyFrameSeconds ?? 0,
      soundLeadSeconds: this.#run?.meter.soundLeadSeconds ?? 0,
    };
  }

  planned(source: SourceDescription, plan: LadderPlan, droppedRungs: number): void {
    this.#droppedRungs = droppedRungs;
    this.#reportedAtMs = undefined;
    this.#run = {
      source,
      plan,
      meter: new SourceMeter(),
      pace: new Pace(),
      silenceSeconds: 0,
      lastFrameAtMs: Date.now(),
    };
  }

  /** Every rendition has described itself. */
  began(session: PublishSession, attempt: number, inits: ReadonlyMap<string, InitSegment>): void {
    const run = this.#run;
    if (!run) return;
    const nowMs = Date.now();
    this.#governor.began(nowMs);
    // Soon, because a new plan has new reasons; not at once, because nothing was measured yet.
    this.#reportedAtMs = nowMs - reportEveryMs + firstReportAfterMs;
    this.options.thumbnails.began(session, attempt, inits);
    const renditions = run.plan.video.map(({ name, width, height }) => ({ name, width, height }));
    const hasAudio = run.source.audio !== undefined;
    void this.options.report({ type: 'packaging', token: attempt, renditions, hasAudio });
  }

  received(tag: FlvTag, content: TagContent): void {
    const run = this.#run;
    if (!run) return;
    const nowMs = Date.now();
    if (content.kind === 'avc-frame') {
      run.lastFrameAtMs = nowMs;
      run.meter.frame(tag.timestampMs, tag.body.length, content.isKeyFrame);
    }
    if (content.kind === 'aac-frame') run.meter.sound(tag.timestampMs);
    // Segments begin with the picture, where there is one: sound alone makes none.
    const leads = run.plan.video.length > 0 ? 'avc-frame' : 'aac-frame';
    if (content.kind === leads) run.pace.input(tag.timestampMs, nowMs);
  }

  /** Media of a source that has no tags came in. */
  arrived(mediaMs: number): void {
    const nowMs = Date.now();
    if (!this.#run) return;
    this.#run.lastFrameAtMs = nowMs;
    this.#run.pace.input(mediaMs, nowMs);
  }

  /** What became of a room's frames since this was last told. */
  counted(frames: RoomFrames): void {
    for (const kind of roomFrameKinds) this.options.metrics.roomFrames(kind, frames[kind]);
  }

  silenced(seconds: number): void {
    if (this.#run) this.#run.silenceSeconds = seconds;
  }

  /** @param mediaMs the session's time at the end of the cut */
  cut(cut: Cut, mediaMs: number): void {
    this.#run?.pace.output(mediaMs, Date.now());
    this.options.thumbnails.offer(cut, this.options.publisher.nextPlace);
  }

  /** The broadcast is over, and this long. */
  async ended(at: MediaLocation, lengthSeconds: number): Promise<void> {
    await this.options.thumbnails.end(at, this.options.lease.token, lengthSeconds);
  }

  watch(encoding: Encoding): void {
    this.#encoding = encoding;
    this.#judging = repeat(async () => this.#judge(), judgeEveryMs);
  }

  unwatch(): void {
    void this.#judging?.stop();
    this.#judging = undefined;
    this.#encoding = undefined;
  }

  #judge(): void {
    const run = this.#run;
    const encoding = this.#encoding;
    if (!run || !encoding) return;
    const nowMs = Date.now();
    this.options.metrics.encoderUsed(encoding.takeCpuSeconds());
    if (nowMs - encoding.lastOutputAtMs > hangsAfterMs && nowMs - run.lastFrameAtMs < reportEveryMs) {
      encoding.fail('ffmpeg gives nothing though media comes in');
      return;
    }
    const { copied, transcoded, realTimeFactor } = this.figures;
    const verdict = this.#governor.judge({
      nowMs,
      lagSeconds: run.pace.lagSeconds(nowMs),
      realTimeFactor,
      canDrop: transcoded > (copied > 0 ? 0 : 1),
      droppedRungs: this.#droppedRungs,
    });
    if (verdict !== 'keep') encoding.replan({ kind: verdict });
    if (this.#reportedAtMs === undefined || nowMs - this.#reportedAtMs < reportEveryMs) return;
    this.#reportedAtMs = nowMs;
    this.#reportHealth(run, nowMs);
  }

  #reportHealth(run: Run, nowMs: number): void {
    const { plan, meter, pace } = run;
    const uploadLagSeconds = this.options.publisher.lagSeconds(nowMs);
    const hints = hintsFor({
      planned: plan.hints,
      realTimeFactor: pace.realTimeFactor,
      lagSeconds: pace.lagSeconds(nowMs),
      uploadLagSeconds,
      sourceFrameRate: meter.frameRate,
      plannedFrameRate: plan.frameRate,
      silenceSeconds: run.source.audio ? run.silenceSeconds : 0,
      sinceLastFrameMs: plan.video.length > 0 ? nowMs - run.lastFrameAtMs : 0,
    });
    void this.options.report({
      type: 'health',
      token: this.options.lease.token,
      health: {
        realTimeFactor: round(pace.realTimeFactor, 2),
        uploadLagSeconds: round(uploadLagSeconds, 1),
        sourceKbps: Math.round(meter.kbps),
        frameRate: round(meter.frameRate, 1),
        keyFrameSeconds: round(meter.keyFrameSeconds, 2),
        activeRenditions: plan.video.map(({ name }) => name),
        copied: plan.video.some(({ method }) => method === 'copy'),
        hints: [...hints],
      },
    });
  }
}

const round = (value: number, digits: number) => Number(value.toFixed(digits));
