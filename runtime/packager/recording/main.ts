import { setPriority } from 'node:os';
import { join } from 'node:path';
import { parseEnvironment } from '../../shared/environment';
import { hlsStorageAddress, storageAddress } from '../../shared/hls-storage';
import { createLogger } from '../../shared/log';
import { connectRedis } from '../../shared/redis';
import { packagerContract } from '../contract';
import { readProgress } from '../lease/progress';
import { createObjectStore, createS3Client } from '../upload/object-store';
import { makeRecording } from './make-recording';
import { createRecordingStore } from './recording-store';

/**
 * Makes the recording of one ended broadcast and prints it as JSON: `main <streamId>`, with the packager's environment.
 * A process of its own, so that a long one can be killed and begun again, here or as a job elsewhere.
 */
async function main(streamId: string): Promise<void> {
  const config = parseEnvironment('packager', packagerContract.environment, process.env);
  const log = createLogger('recording', config.LOG_LEVEL);
  // Live media goes first.
  setPriority(nice);
  const redis = connectRedis(config, { purpose: 'commands', log });
  const hlsClient = createS3Client(hlsStorageAddress(config), { retries: 8 });
  const recordingsClient = createS3Client(storageAddress(config), { retries: 8 });
  try {
    const published = await readProgress(redis, streamId);
    if (!published) throw new Error(`nothing is known of broadcast ${streamId}`);
    const recording = await makeRecording(
      {
        at: published.progress.session,
        hls: createObjectStore(hlsClient, config.HLS_BUCKET),
        recordings: createRecordingStore(recordingsClient, config.RECORDINGS_BUCKET),
        ffmpegPath: config.FFMPEG_PATH,
        directory: join(config.WORK_DIR, `recording-${streamId}`),
        log,
      },
      published.progress,
      published.timeline,
    );
    process.send?.(recording);
  } finally {
    redis.disconnect();
    hlsClient.destroy();
    recordingsClient.destroy();
  }
}

const nice = 10;

main(process.argv[2] ?? '').then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
