import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { debianPackage } from '../steps/debian';
import { onPath } from '../steps/path';
import { wheel } from '../steps/pypi';
import type { ServerDefinition } from '../types';

const common = {
  program: 'ffmpeg',
  versionArguments: ['-version'],
  versionPattern: /ffmpeg version n?([\d.]+)/,
} as const;

/** The packager's, with ffprobe beside it. */
export const ffmpeg: ServerDefinition = {
  ...common,
  title: 'ffmpeg',
  minimumVersion: '4.4',
  steps: [onPath('ffmpeg'), debianPackage({ package: 'ffmpeg', usually: '30 s' })],
  remedy: 'apt-get install ffmpeg, or brew install ffmpeg',
};

/** A broadcaster's, with the WHIP muxer that ffmpeg has since 8.0. */
export const ffmpegWhip: ServerDefinition = {
  ...common,
  title: 'ffmpeg with WHIP',
  minimumVersion: '8.0',
  steps: [onPath('ffmpeg'), wheel({ package: 'imageio-ffmpeg', version: '0.8.1', usually: '10 s', locate: ffmpegIn })],
  remedy: 'install ffmpeg 8 or newer (brew install ffmpeg), or python3 with pip',
};

function ffmpegIn(directory: string): string | undefined {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const found = files.find((file) => /binaries\/ffmpeg-[^/]+$/.test(file));
  return found && join(directory, found);
}
