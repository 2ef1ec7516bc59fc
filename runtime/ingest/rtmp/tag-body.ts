import type { MediaKind } from '../../shared/flv';

/** An FLV tag's body, which is an RTMP message's, understood as far as the gate needs to. */
export type Tag =
  | { readonly kind: 'metadata' }
  | { readonly kind: 'audio' | 'video'; readonly role: 'header' }
  | { readonly kind: 'audio' | 'video'; readonly role: 'frame'; readonly keyFrame: boolean }
  /** Carries nothing to play: an end-of-sequence mark or a body cut short. */
  | { readonly kind: 'audio' | 'video'; readonly role: 'empty' }
  | { readonly kind: 'audio' | 'video'; readonly role: 'unsupported'; readonly codec: string };

const avc = 7;
const aac = 10;
const keyFrame = 1;
const enhancedVideoBit = 0x80;
const enhancedAudioFormat = 9;
const sequenceHeader = 0;
const codedFrames = 1;
/** Version, profile, compatibility, level, length size, number of SPS: the least of ISO/IEC 14496-15 § 5.3.3.1. */
const shortestAvcConfiguration = 5 + 7;
const shortestAacConfiguration = 2 + 2;

export function inspectTag(kind: MediaKind, body: Buffer): Tag {
  if (kind === 'metadata') return { kind };
  return kind === 'video' ? inspectVideo(body) : inspectAudio(body);
}

function inspectVideo(body: Buffer): Tag {
  const kind = 'video';
  const first = body[0] ?? 0;
  if ((first & enhancedVideoBit) !== 0) {
    return { kind, role: 'unsupported', codec: `${fourCcName(body)} (Enhanced RTMP)` };
  }
  const codec = first & 0x0f;
  if (codec !== avc) return { kind, role: 'unsupported', codec: videoCodecs[codec] ?? `video codec ${codec}` };
  const packet = body[1];
  if (packet === sequenceHeader) {
    if (body.length < shortestAvcConfiguration) return { kind, role: 'empty' };
    return { kind, role: 'header' };
  }
  if (packet !== codedFrames || body.length <= 5) return { kind, role: 'empty' };
  return { kind, role: 'frame', keyFrame: first >> 4 === keyFrame };
}

function inspectAudio(body: Buffer): Tag {
  const kind = 'audio';
  const format = (body[0] ?? 0) >> 4;
  if (format === enhancedAudioFormat) {
    return { kind, role: 'unsupported', codec: `${fourCcName(body)} (Enhanced RTMP)` };
  }
  if (format !== aac) return { kind, role: 'unsupported', codec: audioCodecs[format] ?? `audio codec ${format}` };
  if (body[1] === sequenceHeader) {
    if (body.length < shortestAacConfiguration) return { kind, role: 'empty' };
    return { kind, role: 'header' };
  }
  return body.length > 2 ? { kind, role: 'frame', keyFrame: true } : { kind, role: 'empty' };
}

const videoCodecs: Readonly<Record<number, string>> = {
  2: 'Sorenson H.263',
  3: 'Screen video',
  4: 'VP6',
  5: 'VP6 with alpha',
  6: 'Screen video 2',
  12: 'HEVC',
  13: 'AV1',
};

const audioCodecs: Readonly<Record<number, string>> = {
  0: 'PCM',
  1: 'ADPCM',
  2: 'MP3',
  3: 'PCM',
  4: 'Nellymoser',
  5: 'Nellymoser',
  6: 'Nellymoser',
  7: 'G.711',
  8: 'G.711',
  11: 'Speex',
  13: 'Opus',
  14: 'MP3',
};

const fourCcs: Readonly<Record<string, string>> = {
  hvc1: 'HEVC',
  av01: 'AV1',
  vp09: 'VP9',
  vp08: 'VP8',
  avc1: 'H.264',
  Opus: 'Opus',
  fLaC: 'FLAC',
  'ac-3': 'AC-3',
  'ec-3': 'E-AC-3',
  '.mp3': 'MP3',
  mp4a: 'AAC',
};

/** What the peer wrote is shown only when it is a name we know. */
const fourCcName = (body: Buffer) => fourCcs[body.subarray(1, 5).toString('latin1')] ?? 'an unknown codec';
