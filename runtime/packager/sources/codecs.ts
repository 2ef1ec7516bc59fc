import type { FlvTag } from '../../shared/flv';

/** What one FLV tag says about itself. Codec numbers are FLV's. */
export type TagContent =
  | { readonly kind: 'avc-config'; readonly record: Buffer }
  | { readonly kind: 'avc-frame'; readonly isKeyFrame: boolean; readonly compositionOffsetMs: number }
  | { readonly kind: 'aac-config'; readonly config: Buffer }
  | { readonly kind: 'aac-frame' }
  | { readonly kind: 'other' };

const avcCodec = 7;
const aacFormat = 10;

/** Reads the codec header of a tag (annex E.4.2 and E.4.3). Anything but H.264 and AAC is `other`: gates refuse it. */
export function contentOf({ type, body }: Pick<FlvTag, 'type' | 'body'>): TagContent {
  const [first = 0, packetType = 0] = body;
  if (type === 'video' && (first & 0x0f) === avcCodec && body.length >= 5) {
    if (packetType === 0) return { kind: 'avc-config', record: body.subarray(5) };
    if (packetType !== 1) return { kind: 'other' };
    return { kind: 'avc-frame', isKeyFrame: first >> 4 === 1, compositionOffsetMs: body.readIntBE(2, 3) };
  }
  if (type === 'audio' && first >> 4 === aacFormat && body.length >= 2) {
    return packetType === 0 ? { kind: 'aac-config', config: body.subarray(2) } : { kind: 'aac-frame' };
  }
  return { kind: 'other' };
}

export interface AvcDescription {
  readonly profile: number;
  readonly level: number;
  /** 1 is 4:2:0. */
  readonly chromaFormat: number;
  readonly bitDepth: number;
  readonly width: number;
  readonly height: number;
  /** From the VUI; absent when the encoder does not say. */
  readonly frameRate: number | undefined;
}

/** Reads an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 § 5.3.3) and its first SPS; undefined when malformed. */
export function parseAvcConfig(record: Buffer): AvcDescription | undefined {
  if (record.length < 8 || record[0] !== 1 || ((record[5] ?? 0) & 0x1f) === 0) return undefined;
  const size = record.readUInt16BE(6);
  const sps = record.subarray(8, 8 + size);
  if (sps.length !== size || size < 4) return undefined;
  return parseSps(sps);
}

const profilesWithChroma = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128]);

/** Sequence parameter set, ITU-T H.264 § 7.3.2.1.1. */
function parseSps(sps: Buffer): AvcDescription {
  const bits = new BitReader(withoutEmulation(sps.subarray(1)));
  const profile = bits.take(8);
  bits.skip(8);
  const level = bits.take(8);
  bits.exponential();
  let chromaFormat = 1;
  let bitDepth = 8;
  if (profilesWithChroma.has(profile)) {
    chromaFormat = bits.exponential();
    if (chromaFormat === 3) bits.skip(1);
    bitDepth = 8 + bits.exponential();
    bits.exponential();
    bits.skip(1);
    if (bits.take(1)) skipScalingMatrices(bits, chromaFormat === 3 ? 12 : 8);
  }
  bits.exponential();
  skipPictureOrder(bits);
  bits.exponential();
  bits.skip(1);
  const widthInMacroblocks = bits.exponential() + 1;
  const heightInMapUnits = bits.exponential() + 1;
  const framesOnly = bits.take(1);
  if (!framesOnly) bits.skip(1);
  bits.skip(1);
  const crop = bits.take(1)
    ? [bits.exponential(), bits.exponential(), bits.exponential(), bits.exponential()]
    : [0, 0, 0, 0];
  const [left = 0, right = 0, top = 0, bottom = 0] = crop;
  const unitX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
  const unitY = (chromaFormat === 1 ? 2 : 1) * (2 - framesOnly);
  return {
    profile,
    level,
    chromaFormat,
    bitDepth,
    width: widthInMacroblocks * 16 - (left + right) * unitX,
    height: heightInMapUnits * 16 * (2 - framesOnly) - (top + bottom) * unitY,
    frameRate: bits.take(1) ? frameRateOfVui(bits) : undefined,
  };
}

function skipPictureOrder(bits: BitReader): void {
  const type = bits.exponential();
  if (type === 0) bits.exponential();
  if (type !== 1) return;
  bits.skip(1);
  bits.signedExponential();
  bits.signedExponential();
  for (let left = bits.exponential(); left > 0; left -= 1) bits.signedExponential();
}

function skipScalingMatrices(bits: BitReader, count: number): void {
  for (let index = 0; index < count; index += 1) {
    if (!bits.take(1)) continue;
    let last = 8;
    let next = 8;
    for (let entry = 0; entry < (index < 6 ? 16 : 64); entry += 1) {
      if (next !== 0) next = (last + bits.signedExponential() + 256) % 256;
      last = next === 0 ? last : next;
    }
  }
}

/** Video usability information, § E.1.1, up to its timing. */
function frameRateOfVui(bits: BitReader): number | undefined {
  const extendedAspect = 255;
  if (bits.take(1) && bits.take(8) === extendedAspect) bits.skip(32);
  if (bits.take(1)) bits.skip(1);
  if (bits.take(1)) {
    bits.skip(4);
    if (bits.take(1)) bits.skip(24);
  }
  if (bits.take(1)) {
    bits.exponential();
    bits.exponential();
  }
  if (!bits.take(1)) return undefined;
  const unitsInTick = bits.take(32);
  const timeScale = bits.take(32);
  return unitsInTick > 0 && timeScale > 0 ? timeScale / (2 * unitsInTick) : undefined;
}

/** Drops the bytes that keep start codes out of a NAL unit, § 7.4.1. */
function withoutEmulation(bytes: Buffer): Buffer {
  const kept: number[] = [];
  let zeros = 0;
  for (const byte of bytes) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    kept.push(byte);
  }
  return Buffer.from(kept);
}

/** Most significant bit first; reads zeros past the end, so that a truncated SPS cannot loop or throw. */
class BitReader {
  #position = 0;

  constructor(private readonly bytes: Buffer) {}

  take(count: number): number {
    let value = 0;
    for (let taken = 0; taken < count; taken += 1) {
      const byte = this.bytes[this.#position >> 3] ?? 0;
      value = value * 2 + ((byte >> (7 - (this.#position & 7))) & 1);
      this.#position += 1;
    }
    return value;
  }

  skip(count: number): void {
    this.#position += count;
  }

  /** ue(v), § 9.1. */
  exponential(): number {
    let zeros = 0;
    while (zeros < 32 && this.take(1) === 0) zeros += 1;
    return 2 ** zeros - 1 + this.take(zeros);
  }

  /** se(v), § 9.1.1. */
  signedExponential(): number {
    const code = this.exponential();
    return code % 2 === 0 ? -code / 2 : (code + 1) / 2;
  }
}

export interface AacDescription {
  readonly sampleRate: number;
  readonly channels: number;
}

const aacSampleRates = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000];

/** AudioSpecificConfig, ISO/IEC 14496-3 § 1.6.2.1, the part that names rate and channels. */
export function parseAacConfig(config: Buffer): AacDescription | undefined {
  if (config.length < 2) return undefined;
  const packed = config.readUInt16BE(0);
  const sampleRate = aacSampleRates[(packed >> 7) & 0x0f];
  const channels = (packed >> 3) & 0x0f;
  return sampleRate === undefined ? undefined : { sampleRate, channels };
}
