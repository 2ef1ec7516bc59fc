import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '../shared/log';
import type { RedisClient } from '../shared/redis';
import { Broadcast } from './broadcast/broadcast';
import { captionFeed, LiveCaptions } from './captions/captions';
import { BroadcastMonitor } from './health/broadcast-monitor';
import type { EventReporter } from './health/event-reporter';
import type { PackagerMetrics } from './health/metrics';
import { StoryboardWriter } from './health/storyboard-writer';
import { ThumbnailMaker } from './health/thumbnails';
import type { Lease } from './lease/lease';
import { readProgress } from './lease/progress';
import type { ObjectStore } from './upload/object-store';
import { Publisher } from './upload/publisher';
import { SegmentSpool } from './upload/spool';

export interface PackagingOptions {
  readonly redis: RedisClient;
  readonly store: ObjectStore;
  readonly reporter: EventReporter;
  readonly metrics: PackagerMetrics;
  readonly monitors: Set<BroadcastMonitor>;
  readonly serviceToken: () => Promise<string>;
  readonly streamUrl: string;
  readonly region: string;
  readonly livekit: { readonly url: string; readonly keysFile: string };
  readonly ffmpegPath: string;
  readonly workDirectory: string;
  readonly spoolSeconds: number;
  readonly mostRenditions: number;
  readonly log: Logger;
}

/** Composes what one broadcast needs, packages it, and cleans up after it. */
export async function packageBroadcast(options: PackagingOptions, lease: Lease, handOver: AbortSignal): Promise<void> {
  const { streamId } = lease;
  const { store, reporter, metrics, ffmpegPath, monitors } = options;
  const log = options.log.child({ streamId });
  const spool = new SegmentSpool(join(options.workDirectory, `${streamId}-${lease.token}`));
  const published = await readProgress(options.redis, streamId);
  const captions = new LiveCaptions(captionFeed(options.streamUrl, options.serviceToken, streamId), log);
  const publisher = new Publisher(
    {
      ...{ lease, store, spool, captions, log, spoolSeconds: options.spoolSeconds },
      metrics: {
        uploadFailed: () => metrics.uploadFailures.inc(),
        segmentDropped: () => metrics.droppedSegments.inc(),
        segmentPublished: (ageSeconds) => {
          metrics.segments.inc();
          metrics.segmentAge.observe(Math.max(0, ageSeconds));
        },
      },
    },
    published,
  );
  const report = (event: Parameters<EventReporter['report']>[1]) => reporter.report(streamId, event);
  const signal = AbortSignal.any([lease.lost, handOver]);
  const storyboard = new StoryboardWriter({ ffmpegPath, store, signal, log }, published?.progress);
  const thumbnails = new ThumbnailMaker({ ffmpegPath, store, signal, log, storyboard });
  const monitor = new BroadcastMonitor({
    ...{ lease, publisher, thumbnails, report },
    metrics: {
      encoderUsed: (cpuSeconds) => metrics.encoderCpuSeconds.inc(cpuSeconds),
      roomFrames: (kind, count) => metrics.roomFrames.inc({ kind }, count),
    },
  });
  monitors.add(monitor);
  try {
    const socketDirectory = join(tmpdir(), `headend-room-${lease.token}-${process.pid}`);
    await new Broadcast({ ...options, socketDirectory, lease, publisher, monitor, report, handOver, log }).run();
  } finally {
    monitors.delete(monitor);
    publisher.stop(new Error('the broadcast was let go'));
    captions.stop();
    await spool.clear();
  }
}
