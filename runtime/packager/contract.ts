import { z } from 'zod';
import { defineService } from '../shared/contract';
import {
  baseEnvironment,
  livekitEnvironment,
  redisEnvironment,
  serviceIdentityEnvironment,
  storageEnvironment,
} from '../shared/environment';

/**
 * Turns one broadcast per slot into adaptive HLS, and ended broadcasts into recordings. It has no routes: work comes
 * from the region's work set in Redis, media from the gate's feed or a LiveKit room.
 */
export const packagerContract = defineService({
  name: 'packager',
  description: 'Media worker: RTMP feed or LiveKit room to CMAF HLS, thumbnails and recordings',
  port: 8107,
  managementPort: 9107,
  environment: z.object({
    ...baseEnvironment,
    ...serviceIdentityEnvironment,
    ...redisEnvironment,
    ...storageEnvironment,
    ...livekitEnvironment,
    /** Stream service, which is told what becomes of a broadcast; home's address in a cell. */
    STREAM_URL: z.url({ protocol: /^https?$/ }),
    /** Name of this worker, unique in the region: the pod's name. */
    PACKAGER_ID: z.string().min(1),
    /** Broadcasts packaged at once. */
    SLOTS: z.coerce.number().int().min(1).max(64).default(2),
    /** Recordings made at once, beside the broadcasts. */
    RECORDING_SLOTS: z.coerce.number().int().min(0).max(16).default(1),
    /** ffmpeg 5.1 or newer with libx264 and aac. */
    FFMPEG_PATH: z.string().default('ffmpeg'),
    /** Holds segments until they are uploaded; emptied at start. */
    WORK_DIR: z.string().min(1),
    /** Seconds of media kept on disk per broadcast while storage is away; older segments are then dropped. */
    SPOOL_SECONDS: z.coerce.number().int().min(10).max(3_600).default(120),
    /** Most video renditions per broadcast, the top one included. */
    MAX_RENDITIONS: z.coerce.number().int().min(1).max(4).default(4),
  }),
  prefixes: [],
  routes: {},
});
