import { type FlvTag, flvFileHeader, writeFlvTag } from '../../shared/flv';
import { clockOffsetSeconds } from '../ladder/ffmpeg-arguments';
import { type AacDescription, contentOf } from './codecs';
import type { SourceDescription } from './inspection';

/** Silence takes the place of audio that is this late. */
const audioPatienceMs = 700;

/** Timestamps are rounded to milliseconds. */
const toleranceMs = 2;

const aacFrameSamples = 1_024;

/** AAC-LC frames of digital silence by channel count: what any encoder makes of zeros. */
const silentFrames = new Map<number, Buffer>([
  [1, Buffer.from('01182007', 'hex')],
  [2, Buffer.from('211004608c1c', 'hex')],
]);

/** Of a source without audio: AAC-LC, 48 kHz, stereo. */
const silentSource: AacDescription = { sampleRate: 48_000, channels: 2 };
const silentSourceConfig = Buffer.from([0xaf, 0, 0x11, 0x90]);

/**
 * Makes the FLV that ffmpeg reads from the tags of a source. Audio is kept whole: where the source has none, or stops
 * sending it, silence is put in, because a rendition that stands still would hold all others back.
 */
export class FlvInput {
  readonly #audio: AacDescription;
  readonly #hasVideo: boolean;
  readonly #sourceHasAudio: boolean;
  #audioEndMs: number | undefined;
  #silenceSeconds = 0;

  constructor({ video, audio }: SourceDescription) {
    this.#audio = audio ?? silentSource;
    this.#hasVideo = video !== undefined;
    this.#sourceHasAudio = audio !== undefined;
  }

  /** Seconds of silence put in so far. */
  get silenceSeconds(): number {
    return this.#silenceSeconds;
  }

  header(): Buffer {
    const header = flvFileHeader({ audio: true, video: this.#hasVideo });
    if (this.#sourceHasAudio) return header;
    return Buffer.concat([header, writeFlvTag({ type: 'audio', timestampMs: 0, body: silentSourceConfig })]);
  }

  /** The bytes for one tag of the source; empty when it is of no use. */
  accept(tag: FlvTag): Buffer {
    const content = contentOf(tag);
    switch (content.kind) {
      case 'other':
        return Buffer.alloc(0);
      case 'avc-config':
      case 'aac-config':
        return shifted(tag);
      case 'aac-frame':
        return this.#acceptAudio(tag);
      case 'avc-frame':
        return Buffer.concat([...this.#silenceBefore(tag.timestampMs), shifted(tag)]);
    }
  }

  #acceptAudio(tag: FlvTag): Buffer {
    // Audio that comes after silence took its place.
    if (
      this.#silenceSeconds > 0 &&
      this.#audioEndMs !== undefined &&
      tag.timestampMs < this.#audioEndMs - toleranceMs
    ) {
      return Buffer.alloc(0);
    }
    this.#audioEndMs = tag.timestampMs + frameMs(this.#audio.sampleRate);
    return shifted(tag);
  }

  *#silenceBefore(videoMs: number): Generator<Buffer> {
    this.#audioEndMs ??= videoMs;
    const frame = silentFrames.get(this.#audio.channels);
    if (!frame || videoMs - this.#audioEndMs < (this.#sourceHasAudio ? audioPatienceMs : 0)) return;
    const stepMs = frameMs(this.#audio.sampleRate);
    const body = Buffer.concat([Buffer.from([0xaf, 1]), frame]);
    for (; this.#audioEndMs < videoMs; this.#audioEndMs += stepMs) {
      this.#silenceSeconds += stepMs / 1_000;
      yield shifted({ type: 'audio', timestampMs: Math.round(this.#audioEndMs), body });
    }
  }
}

const frameMs = (sampleRate: number) => (aacFrameSamples * 1_000) / sampleRate;

const shifted = (tag: FlvTag) => writeFlvTag({ ...tag, timestampMs: tag.timestampMs + clockOffsetSeconds * 1_000 });
