import { type Encoder, startEncoder, startFfmpeg } from '../../ingest/support/encoder';

export interface Picture {
  readonly size?: string;
  readonly rate?: number;
  /** Frames between key frames. */
  readonly group?: number;
  readonly bFrames?: number;
  readonly kbps?: number;
  readonly pixels?: string;
  /** ffmpeg's arguments for audio; empty for none. */
  readonly audio?: readonly string[];
  readonly video?: boolean;
  /** ffmpeg's sources of picture and sound, instead of the usual ones. */
  readonly picture?: string;
  readonly tone?: string;
}

/** Two renditions, for what does not depend on the ladder. */
export const smallPicture: Picture = { size: '854x480', kbps: 1_200 };

const tone = 'sine=frequency=440:sample_rate=48000';

/** A real encoder with the picture a test asks for: by default 720p at 30 fps, a key frame every two seconds. */
export function broadcastPicture(url: string, picture: Picture = {}): Promise<Encoder> {
  const { size = '1280x720', rate = 30, group = rate * 2, bFrames = 0, kbps = 2_500, pixels = 'yuv420p' } = picture;
  const { audio = ['-c:a', 'aac', '-b:a', '128k', '-ac', '2'], video = true } = picture;
  const hasAudio = audio.length > 0;
  return startEncoder(url, {
    inputs: [
      ...(video ? ['-re', '-f', 'lavfi', '-i', picture.picture ?? `testsrc2=size=${size}:rate=${rate}`] : []),
      ...(hasAudio ? ['-re', '-f', 'lavfi', '-i', picture.tone ?? tone] : []),
    ],
    coding: [
      ...(video
        ? [
            ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', pixels, '-bf', String(bFrames)],
            ...['-g', String(group), '-keyint_min', String(group), '-sc_threshold', '0'],
            ...['-b:v', `${kbps}k`, '-maxrate', `${kbps}k`, '-bufsize', `${kbps}k`],
          ]
        : []),
      ...audio,
    ],
  });
}

/** A real WHIP encoder: ffmpeg 8 or newer, H.264 baseline and Opus. */
export function broadcastByWhip(
  endpoint: string,
  key: string,
  { size = '1280x720', rate = 30, kbps = 2_500, tone: sound = tone, picture }: Picture = {},
): Promise<Encoder> {
  return startFfmpeg(
    [
      ...['-hide_banner', '-nostdin', '-loglevel', 'warning', '-nostats'],
      ...['-re', '-f', 'lavfi', '-i', picture ?? `testsrc2=size=${size}:rate=${rate}`],
      ...['-re', '-f', 'lavfi', '-i', sound],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-profile:v', 'baseline', '-bf', '0'],
      ...['-g', String(rate * 2), '-b:v', `${kbps}k`, '-c:a', 'libopus', '-ar', '48000', '-ac', '2'],
      ...['-f', 'whip', '-authorization', key, endpoint],
    ],
    'ffmpeg-whip',
  );
}
