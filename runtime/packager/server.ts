import { mkdir, rm } from 'node:fs/promises';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import express from 'express';
import { hlsStorageAddress } from '../shared/hls-storage';
import { connectRedis } from '../shared/redis';
import { repeat } from '../shared/repeat';
import { runService } from '../shared/server';
import { createServiceTokens } from '../shared/tokens';
import { packagerContract } from './contract';
import type { BroadcastMonitor } from './health/broadcast-monitor';
import { EventReporter } from './health/event-reporter';
import { createPackagerMetrics } from './health/metrics';
import { showFigures } from './health/show-figures';
import { Leases } from './lease/lease';
import { SlotBoard } from './lease/slots';
import { packageBroadcast } from './package-broadcast';
import { RecordingWorker } from './recording/recording-worker';
import { createObjectStore, createS3Client } from './upload/object-store';
import { Worker } from './worker';

const showEveryMs = 2_000;
const lastEventsMs = 3_000;

runService(packagerContract, async ({ config, log, registry }) => {
  await rm(config.WORK_DIR, { recursive: true, force: true });
  await mkdir(config.WORK_DIR, { recursive: true });
  const redis = connectRedis(config, { purpose: 'commands', log });
  const s3 = createS3Client(hlsStorageAddress(config));
  const serviceToken = createServiceTokens('packager', config.SERVICE_KEY_FILE);
  const reporter = new EventReporter({ streamUrl: config.STREAM_URL, serviceToken, log });
  const metrics = createPackagerMetrics(registry);
  const monitors = new Set<BroadcastMonitor>();
  const packaging = {
    ...{ redis, reporter, metrics, monitors, serviceToken, log },
    store: createObjectStore(s3, config.HLS_BUCKET),
    streamUrl: config.STREAM_URL,
    region: config.REGION,
    livekit: { url: config.LIVEKIT_URL, keysFile: config.LIVEKIT_KEYS_FILE },
    ffmpegPath: config.FFMPEG_PATH,
    workDirectory: config.WORK_DIR,
    spoolSeconds: config.SPOOL_SECONDS,
    mostRenditions: config.MAX_RENDITIONS,
  };
  const worker = new Worker({
    ...{ redis, log, region: config.REGION, slots: config.SLOTS },
    leases: new Leases(redis, config.PACKAGER_ID, log),
    board: new SlotBoard(redis, config.REGION, config.PACKAGER_ID),
    packageBroadcast: (lease, handOver) => packageBroadcast(packaging, lease, handOver),
  });
  worker.start();
  const recordings = new RecordingWorker({
    ...{ redis, reporter, log, region: config.REGION },
    owner: config.PACKAGER_ID,
    slots: config.RECORDING_SLOTS,
  });
  recordings.start();
  const showing = repeat(async () => showFigures(metrics, monitors, worker, config.SLOTS), showEveryMs);
  return {
    // Nothing is served but probes and metrics.
    app: express().disable('x-powered-by'),
    readiness: {
      redis: async () => void (await redis.ping()),
      storage: async () => void (await s3.send(new HeadBucketCommand({ Bucket: config.HLS_BUCKET }))),
    },
    async drain() {
      await Promise.all([worker.stop(), recordings.stop()]);
    },
    async close() {
      await showing.stop();
      await reporter.settle(lastEventsMs);
      redis.disconnect();
      s3.destroy();
    },
  };
}).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
