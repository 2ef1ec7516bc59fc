import type { FlvTag } from '../../shared/flv';
import { type AacDescription, type AvcDescription, contentOf, parseAacConfig, parseAvcConfig } from './codecs';

/** What a source shows at first; the ladder is planned from it. */
export interface SourceDescription {
  readonly video: VideoDescription | undefined;
  readonly audio: AacDescription | undefined;
}

export interface VideoDescription {
  readonly width: number;
  readonly height: number;
  /** Measured over the frames seen, rounded to a usual rate. */
  readonly frameRate: number;
  /** Of a compressed source: what decides whether it can be passed on. */
  readonly encoded: EncodedVideo | undefined;
}

export interface EncodedVideo {
  readonly avc: AvcDescription;
  /** Seconds between the first two key frames; undefined when the second did not come in time. */
  readonly keyFrameSeconds: number | undefined;
  readonly hasBFrames: boolean;
  readonly kbps: number;
}

/** A key-frame interval longer than this is not waited for: the source is then transcoded. */
const patienceMs = 4_600;

/** A source that has shown only one kind of media for this long is taken to have no other. */
const missingTrackMs = 1_500;

/**
 * Reads the head of a source: up to its second key frame, or as long as patience lasts. Keeps the tags, because they
 * are the broadcast's beginning.
 */
export class SourceInspector {
  readonly tags: FlvTag[] = [];
  #avc: AvcDescription | undefined;
  #audio: AacDescription | undefined;
  #firstMs: number | undefined;
  #lastMs = 0;
  #keyFramesMs: number[] = [];
  #framesMs: number[] = [];
  #videoBytes = 0;
  #hasBFrames = false;

  /** Takes a tag; true when enough was seen. */
  push(tag: FlvTag): boolean {
    this.tags.push(tag);
    const content = contentOf(tag);
    if (content.kind === 'avc-config') this.#avc = parseAvcConfig(content.record);
    if (content.kind === 'aac-config') this.#audio = parseAacConfig(content.config);
    if (content.kind === 'avc-frame' || content.kind === 'aac-frame') {
      this.#firstMs ??= tag.timestampMs;
      this.#lastMs = Math.max(this.#lastMs, tag.timestampMs);
    }
    if (content.kind === 'avc-frame') {
      this.#framesMs.push(tag.timestampMs);
      this.#videoBytes += tag.body.length;
      this.#hasBFrames ||= content.compositionOffsetMs !== 0;
      if (content.isKeyFrame) this.#keyFramesMs.push(tag.timestampMs);
    }
    return this.#isEnough();
  }

  #isEnough(): boolean {
    if (this.#firstMs === undefined) return false;
    const seenMs = this.#lastMs - this.#firstMs;
    if (seenMs >= patienceMs) return true;
    const audioSettled = this.#audio !== undefined || seenMs >= missingTrackMs;
    return audioSettled && this.#keyFramesMs.length >= 2;
  }

  describe(): SourceDescription {
    return { video: this.#describeVideo(), audio: this.#audio };
  }

  #describeVideo(): VideoDescription | undefined {
    const [first, second] = this.#keyFramesMs;
    if (!this.#avc || first === undefined) return undefined;
    const seconds = Math.max(0.001, (Math.max(...this.#framesMs) - Math.min(...this.#framesMs)) / 1_000);
    return {
      width: this.#avc.width,
      height: this.#avc.height,
      frameRate: usualFrameRate((this.#framesMs.length - 1) / seconds),
      encoded: {
        avc: this.#avc,
        keyFrameSeconds: second === undefined ? undefined : (second - first) / 1_000,
        hasBFrames: this.#hasBFrames,
        kbps: Math.round((this.#videoBytes * 8) / 1_000 / seconds),
      },
    };
  }
}

const usualRates = [10, 12, 15, 20, 23.976, 24, 25, 29.97, 30, 48, 50, 59.94, 60];

/** The usual rate within 1.5 %, else the measured one, to one decimal. */
export function usualFrameRate(measured: number): number {
  const nearest = usualRates.reduce((best, rate) =>
    Math.abs(rate - measured) < Math.abs(best - measured) ? rate : best,
  );
  return Math.abs(nearest - measured) <= nearest * 0.015 ? nearest : Math.max(1, Math.round(measured * 10) / 10);
}
