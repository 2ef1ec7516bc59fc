import { type RunningProcess, startProcess } from './child-process';
import type { Command } from './provision/types';

export interface BroadcasterOptions {
  readonly ffmpeg: Command;
  readonly rtmpUrl: string;
  readonly streamKey: string;
  readonly onLine: (line: string) => void;
}

/** Two seconds between key frames, like the packager's segments: the top rendition is then copied, not encoded. */
const keyFrameInterval = 60;

/** Broadcasts a test pattern with a tone, as an ordinary encoder would. */
export function startBroadcaster({ ffmpeg, rtmpUrl, streamKey, onLine }: BroadcasterOptions): Promise<RunningProcess> {
  return startProcess({
    name: 'broadcaster',
    command: ffmpeg,
    arguments: [
      ...['-hide_banner', '-loglevel', 'warning', '-nostdin', '-re'],
      ...['-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30'],
      ...['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'],
      ...[
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        '-tune',
        'zerolatency',
        '-profile:v',
        'main',
        '-pix_fmt',
        'yuv420p',
      ],
      ...['-b:v', '2500k', '-maxrate', '2500k', '-bufsize', '5000k', '-bf', '0'],
      ...['-g', String(keyFrameInterval), '-keyint_min', String(keyFrameInterval), '-sc_threshold', '0'],
      ...['-c:a', 'aac', '-b:a', '128k', '-ac', '2', '-f', 'flv', `${rtmpUrl}/${streamKey}`],
    ],
    onLine,
  });
}
