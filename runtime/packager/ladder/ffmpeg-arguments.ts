import { segmentSeconds } from '../../shared/media-layout';
import type { LadderPlan, VideoRendition } from './plan';
import { audioRendition } from './table';

/**
 * Source time at ffmpeg's second 0, negated: an AAC encoder's first packet lies a frame before the first sample, and
 * MP4 has no negative time.
 */
export const clockOffsetSeconds = 10;

/** First of the file descriptors that ffmpeg writes renditions to; the order is that of {@link outputNames}. */
export const firstOutputDescriptor = 3;

/** Names of the renditions ffmpeg writes, in the order of their descriptors. */
export function outputNames(plan: LadderPlan): readonly string[] {
  return [...plan.video.map(({ name }) => name), audioRendition.name];
}

/** How ffmpeg is fed. */
export type LadderInput =
  | { readonly kind: 'flv' }
  | {
      readonly kind: 'frames';
      readonly width: number;
      readonly height: number;
      readonly frameRate: number;
      /** Unix sockets: raw 4:2:0 pictures, and 16-bit samples in the audio rendition's format. */
      readonly videoSocket: string;
      readonly audioSocket: string;
    };

/**
 * ffmpeg's arguments: one decode, a scaled encode per rung, each rendition as fragmented MP4 on a pipe of its own, a
 * fragment per group of pictures. Timestamps pass through (`-copyts`, `frag_discont`, no shift to zero), so that a
 * fragment's `tfdt` is the source's own time on every rendition. The first segment begins `leadInSeconds` after the first
 * picture: what comes before is decoded only.
 */
export function ladderArguments(plan: LadderPlan, input: LadderInput, leadInSeconds: number): readonly string[] {
  const encoded = plan.video.filter(({ method }) => method === 'transcode');
  const copies = plan.video.length > encoded.length;
  const videoInput = '0:v:0';
  const audioInput = input.kind === 'flv' ? '0:a:0' : '1:a:0';
  return [
    ...['-hide_banner', '-loglevel', 'warning', '-nostats', '-copyts'],
    ...inputArguments(input),
    ...(encoded.length > 0
      ? ['-filter_complex', scaleGraph(encoded, videoInput, copies ? undefined : plan.frameRate)]
      : []),
    ...plan.video.flatMap((rendition, index) => [
      ...(rendition.method === 'copy'
        ? ['-map', videoInput, '-c:v', 'copy']
        : [
            '-map',
            `[${rendition.name}]`,
            ...encoderArguments(rendition, plan.frameRate, copies ? 'source' : everySegment(leadInSeconds)),
          ]),
      ...['-video_track_timescale', '90000'],
      ...muxerArguments('+frag_keyframe', firstOutputDescriptor + index),
    ]),
    ...['-map', audioInput, '-c:a', 'aac', '-b:a', `${audioRendition.kbps}k`, '-ar', String(audioRendition.sampleRate)],
    ...['-ac', String(audioRendition.channels), '-af', 'aresample=async=1000'],
    ...['-frag_duration', String(audioFragmentSeconds * 1e6)],
    ...muxerArguments('', firstOutputDescriptor + plan.video.length),
  ];
}

/** Audio has a fragment this often, so that it can be cut near a picture's boundary. */
export const audioFragmentSeconds = 0.25;

function inputArguments(input: LadderInput): readonly string[] {
  if (input.kind === 'flv')
    return ['-probesize', '2000000', '-analyzeduration', '1000000', '-f', 'flv', '-i', 'pipe:0'];
  const format = ['-probesize', '32', '-analyzeduration', '0', '-thread_queue_size', '64'];
  const offset = ['-itsoffset', String(clockOffsetSeconds)];
  return [
    ...[...format, ...offset, '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${input.width}x${input.height}`],
    ...['-framerate', String(input.frameRate), '-i', `unix:${input.videoSocket}`],
    ...[...format, ...offset, '-f', 's16le', '-ar', String(audioRendition.sampleRate)],
    ...['-ac', String(audioRendition.channels), '-i', `unix:${input.audioSocket}`],
  ];
}

/**
 * Without a copy the frame rate is made constant, which also fills holes, so that every group of pictures is exactly
 * as long as a segment. Beside a copy the frames keep the source's times, or the rungs' boundaries would drift apart.
 */
function scaleGraph(encoded: readonly VideoRendition[], input: string, constantRate: number | undefined): string {
  const rate = constantRate === undefined ? '' : `fps=${constantRate},`;
  const split = `[${input}]${rate}split=${encoded.length}${encoded.map(({ name }) => `[s${name}]`).join('')}`;
  const scales = encoded.map(({ name, width, height }) => `[s${name}]scale=${width}:${height},setsar=1[${name}]`);
  return [split, ...scales].join(';');
}

function encoderArguments({ kbps }: VideoRendition, frameRate: number, keyFrames: string): readonly string[] {
  return [
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'main', '-pix_fmt', 'yuv420p', '-bf', '0'],
    ...['-b:v', `${kbps}k`, '-maxrate', `${Math.round(kbps * 1.1)}k`, '-bufsize', `${kbps * 2}k`],
    // Key frames come only where segments begin.
    ...['-g', String(Math.ceil(frameRate * 60)), '-sc_threshold', '0', '-forced-idr', '1'],
    ...['-force_key_frames', keyFrames],
    ...(keyFrames === 'source' ? ['-fps_mode', 'vfr', '-enc_time_base', '-1'] : []),
  ];
}

/** In seconds since the first picture; a hair less than a segment apart, because timestamps are rounded. */
function everySegment(leadInSeconds: number): string {
  const hair = 0.005;
  const first = Math.max(0, leadInSeconds - hair).toFixed(3);
  const next = `if(lt(prev_forced_t,${first}),${first},prev_forced_t+${segmentSeconds - hair})`;
  return `expr:if(isnan(prev_forced_t),1,gte(t,${next}))`;
}

function muxerArguments(flag: string, descriptor: number): readonly string[] {
  return [
    ...['-f', 'mp4', '-movflags', `${flag}+empty_moov+default_base_moof+frag_discont+skip_trailer`],
    ...['-avoid_negative_ts', 'disabled', '-flush_packets', '1', `pipe:${descriptor}`],
  ];
}
