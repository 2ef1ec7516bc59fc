import { chromium } from './servers/chromium';
import { ffmpeg, ffmpegWhip } from './servers/ffmpeg';
import { livekit } from './servers/livekit';
import { mongo } from './servers/mongo';
import { nginx } from './servers/nginx';
import { postgres } from './servers/postgres';
import { redis } from './servers/redis';
import { s3 } from './servers/s3';
import type { ServerDefinition } from './types';

/** Every program that the laptop run and the tests need. */
export const servers = {
  postgres,
  redis,
  mongo,
  s3,
  livekit,
  nginx,
  ffmpeg,
  'ffmpeg-whip': ffmpegWhip,
  chromium,
} as const satisfies Record<string, ServerDefinition>;

export type ServerKey = keyof typeof servers;

export const serverKeys = Object.keys(servers) as ServerKey[];
