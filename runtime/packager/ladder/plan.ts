import { segmentSeconds } from '../../shared/media-layout';
import type { EncodedVideo, SourceDescription, VideoDescription } from '../sources/inspection';
import { type Rung, rungNamed, rungsFor } from './table';

export interface VideoRendition {
  readonly name: string;
  readonly method: 'copy' | 'transcode';
  readonly width: number;
  readonly height: number;
  /** What the encoder is told; what was measured for a copy. */
  readonly kbps: number;
}

export interface LadderPlan {
  /** What is made, top first; empty for a source without video. */
  readonly video: readonly VideoRendition[];
  /** Renditions that players know but that are not made now → the one whose segments stand in for them. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Frames per second of every rendition. */
  readonly frameRate: number;
  /** EXT-X-TARGETDURATION; once announced it never changes. */
  readonly targetSeconds: number;
  /** Why the top is transcoded, and what else the broadcaster should know. */
  readonly hints: readonly string[];
}

export interface PlanConstraints {
  readonly mostRenditions: number;
  /** What earlier runs announced to players: the names stay, and so does the target duration. */
  readonly announced?: { readonly names: readonly string[]; readonly targetSeconds: number };
  /** Set when the source broke the promise its first pictures made. */
  readonly mustTranscode?: string;
  /** Transcoded rungs given up by the CPU governor, the most expensive first. */
  readonly droppedRungs: number;
}

/** Longest key-frame interval that may set the segment length. */
const longestCopiedInterval = 4;

/** A segment may be this long: it must round to its target duration at most (RFC 8216 § 4.3.3.1). */
export const longestSegmentSeconds = (targetSeconds: number) => targetSeconds + 0.49;

/** Said when key frames do not keep to the interval that the first ones had. */
export const irregularKeyFrames = 'Your key frames come irregularly: set a fixed key-frame interval of 2 s.';

/** Decides what is copied, what is encoded and what stands in. Pure. */
export function planLadder(source: SourceDescription, constraints: PlanConstraints): LadderPlan {
  const { video } = source;
  const silent = source.audio ? [] : ['No audio arrives from your encoder: viewers hear silence.'];
  const targetSeconds = constraints.announced?.targetSeconds ?? targetFor(video?.encoded);
  if (!video) {
    return {
      video: [],
      aliases: {},
      frameRate: 0,
      targetSeconds,
      hints: ['No video arrives from your encoder: viewers only hear you.'],
    };
  }
  const obstacles = video.encoded ? copyObstacles(video.encoded, targetSeconds) : [];
  if (constraints.mustTranscode !== undefined) obstacles.unshift(constraints.mustTranscode);
  const copiedKbps = obstacles.length === 0 ? video.encoded?.kbps : undefined;
  const copied = copiedKbps !== undefined;
  const shortSide = Math.min(video.width, video.height);
  const names = constraints.announced?.names ?? rungsFor(shortSide, constraints.mostRenditions).map(({ name }) => name);
  const { made, aliases } = chooseRungs(names.map(rungNamed), shortSide, copied, constraints.droppedRungs);
  return {
    video: made.map((rung) => rendition(rung, video, rung.name === names[0] ? copiedKbps : undefined)),
    aliases,
    frameRate: video.frameRate,
    targetSeconds,
    hints: [...obstacles, ...dropHints(constraints.droppedRungs), ...silent],
  };
}

function targetFor(video: EncodedVideo | undefined): number {
  const interval = video?.keyFrameSeconds ?? segmentSeconds;
  return interval > longestCopiedInterval ? segmentSeconds : Math.max(segmentSeconds, Math.round(interval));
}

/** H.264 profiles that every HLS player decodes: Baseline, Main, High. */
const copyableProfiles = new Set([66, 77, 100]);

function copyObstacles({ avc, keyFrameSeconds, hasBFrames }: EncodedVideo, targetSeconds: number): string[] {
  const found: string[] = [];
  if (keyFrameSeconds === undefined || keyFrameSeconds > longestCopiedInterval) {
    found.push('Your key-frame interval is longer than 4 s: set it to 2 s, so that your own picture can be passed on.');
  } else if (keyFrameSeconds > longestSegmentSeconds(targetSeconds)) {
    found.push(`Your key-frame interval is ${keyFrameSeconds.toFixed(1)} s: set it to 2 s.`);
  }
  if (hasBFrames) found.push('Your encoder sends B-frames: set them to 0, so that your own picture can be passed on.');
  if (!copyableProfiles.has(avc.profile) || avc.chromaFormat !== 1 || avc.bitDepth !== 8) {
    found.push('Your H.264 profile is not one that every player decodes: choose Main or High, 8-bit 4:2:0.');
  }
  if (Math.min(avc.width, avc.height) > largestCopied) {
    found.push('Your picture is larger than 1080 lines and is scaled down.');
  }
  return found;
}

const largestCopied = 1088;

const dropHints = (dropped: number) =>
  dropped > 0 ? ['This server is short of CPU: fewer qualities are made for now.'] : [];

/** The announced rungs that are made, and for the others the one that stands in. */
function chooseRungs(
  announced: readonly Rung[],
  sourceHeight: number,
  topIsCopied: boolean,
  dropped: number,
): { made: readonly Rung[]; aliases: Record<string, string> } {
  const [top, ...lower] = announced;
  if (!top) throw new Error('a ladder needs a rung');
  const distinct = [top, ...lower.filter((rung) => rung.height < sourceHeight)];
  const encoded = topIsCopied ? distinct.slice(1) : distinct;
  const keepAtLeast = topIsCopied ? 0 : 1;
  const kept = encoded.slice(Math.min(dropped, encoded.length - keepAtLeast));
  const made = topIsCopied ? [top, ...kept] : kept;
  const aliases: Record<string, string> = {};
  for (const rung of announced) {
    if (made.includes(rung)) continue;
    // The next smaller keeps to the bandwidth that the viewer has; a duplicate of the source's size is the top itself.
    const smaller = made.find((other) => other.height < rung.height);
    const standIn = distinct.includes(rung) ? (smaller ?? made[made.length - 1]) : made[0];
    if (standIn) aliases[rung.name] = standIn.name;
  }
  return { made, aliases };
}

function rendition(rung: Rung, { width, height }: VideoDescription, copiedKbps: number | undefined): VideoRendition {
  if (copiedKbps !== undefined) return { name: rung.name, method: 'copy', width, height, kbps: copiedKbps };
  const shortSide = Math.min(rung.height, width, height);
  const scale = shortSide / Math.min(width, height);
  return {
    name: rung.name,
    method: 'transcode',
    width: even(width * scale),
    height: even(height * scale),
    kbps: rung.kbps,
  };
}

/** 4:2:0 needs even sides. */
const even = (pixels: number) => Math.max(2, Math.round(pixels / 2) * 2);
