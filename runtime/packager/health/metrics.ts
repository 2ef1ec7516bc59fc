import { Counter, Gauge, Histogram, type Registry } from '../../shared/metrics';
import { watchedMetrics } from '../../shared/watched-metrics';

/** The packager's own metrics. None is labelled by stream: their number has no bound. */
export function createPackagerMetrics(registry: Registry) {
  const registers = [registry];
  const { packagerLag } = watchedMetrics;
  return {
    /** Set by the slowest broadcast of this process. */
    lagSeconds: new Gauge({ name: packagerLag.name, help: packagerLag.help, registers }),
    slots: new Gauge({
      name: 'headend_packager_slots',
      help: 'Broadcasts this process can hold, by state',
      labelNames: ['state'],
      registers,
    }),
    segments: new Counter({ name: 'headend_packager_segments_total', help: 'Segments published', registers }),
    segmentAge: new Histogram({
      name: 'headend_packager_segment_age_seconds',
      help: 'From the last frame of a segment to its place in the playlist',
      buckets: [0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 10, 20, 60],
      registers,
    }),
    droppedSegments: new Counter({
      name: 'headend_packager_dropped_segments_total',
      help: 'Segments tagged as gaps because storage was away for longer than the spool holds',
      registers,
    }),
    uploadFailures: new Counter({
      name: 'headend_packager_upload_failures_total',
      help: 'Uploads that failed and were repeated',
      registers,
    }),
    attempts: new Counter({
      name: 'headend_packager_attempts_total',
      help: 'Runs of the encoder by how they ended',
      labelNames: ['outcome'],
      registers,
    }),
    realTimeFactor: new Gauge({
      name: 'headend_packager_real_time_factor',
      help: 'Seconds of media made per second, the slowest broadcast of this process',
      registers,
    }),
    renditions: new Gauge({
      name: 'headend_packager_renditions',
      help: 'Video renditions being made, by method',
      labelNames: ['method'],
      registers,
    }),
  };
}

export type PackagerMetrics = ReturnType<typeof createPackagerMetrics>;
