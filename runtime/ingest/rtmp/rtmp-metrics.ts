import { Counter, Gauge, Histogram, type Registry } from '../../shared/metrics';

export function createRtmpMetrics(registry: Registry) {
  const registers = [registry];
  return {
    connections: new Gauge({ name: 'headend_ingest_rtmp_connections', help: 'Open RTMP connections.', registers }),
    limited: new Counter({
      name: 'headend_ingest_rtmp_limited_total',
      help: 'RTMP connections closed at once because their address has or opens too many.',
      registers,
    }),
    abandoned: new Counter({
      name: 'headend_ingest_rtmp_abandoned_total',
      help: 'RTMP connections cut for breaking the protocol or a time limit.',
      registers,
    }),
    decision: new Histogram({
      name: 'headend_ingest_publish_decision_seconds',
      help: 'Seconds from the publish command to the yes.',
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 3],
      registers,
    }),
    received: new Counter({
      name: 'headend_ingest_rtmp_received_bytes_total',
      help: 'Bytes from RTMP publishers.',
      registers,
    }),
    repaired: new Counter({
      name: 'headend_ingest_rtmp_repaired_timestamps_total',
      help: 'Jumps closed in encoders’ timestamps.',
      registers,
    }),
  };
}

export type RtmpMetrics = ReturnType<typeof createRtmpMetrics>;
