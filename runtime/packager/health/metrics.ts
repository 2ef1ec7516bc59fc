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
    sourceBitsPerSecond: new Gauge({
      name: 'headend_packager_source_bits_per_second',
      help: 'Picture that RTMP encoders send, all broadcasts of this process together',
      registers,
    }),
    keyFrameSeconds: new Gauge({
      name: 'headend_packager_key_frame_interval_seconds',
      help: 'Longest recent interval between key frames that an RTMP encoder of this process sends',
      registers,
    }),
    soundLeadSeconds: new Gauge({
      name: 'headend_packager_av_offset_seconds',
      help: 'How far an RTMP encoder sends its sound ahead of its picture (negative: behind), the farthest of this process',
      registers,
    }),
    roomFrames: new Counter({
      name: 'headend_packager_room_frames_total',
      help: 'Frames at the constant rate of rooms: arrived, of these dropped for a newer one; repeated or slate for want of one',
      labelNames: ['kind'],
      registers,
    }),
    encoderCpuSeconds: new Counter({
      name: 'headend_packager_encoder_cpu_seconds_total',
      help: 'Processor time of the ffmpeg processes; over the used slots it is that of a broadcast',
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
