import type { ServiceName } from './contract';

/**
 * Metrics of our own processes that an alarm watches. The service registers them under these names, the collector
 * forwards exactly these to CloudWatch, and the alarms are made from them.
 */
export interface WatchedMetric {
  readonly name: string;
  readonly service: ServiceName;
  readonly kind: 'counter' | 'gauge';
  readonly help: string;
}

/** CloudWatch namespace; the one dimension is `service`. */
export const watchedMetricsNamespace = 'Headend';

export const watchedMetrics = {
  ingestRefusals: {
    name: 'headend_ingest_refusals_total',
    service: 'ingest',
    kind: 'counter',
    help: 'Publishers refused, whatever the reason',
  },
  capacityRefusals: {
    name: 'headend_ingest_capacity_refusals_total',
    service: 'ingest',
    kind: 'counter',
    help: 'Publishers refused because no packager had a free slot',
  },
  packagerLag: {
    name: 'headend_packager_lag_seconds',
    service: 'packager',
    kind: 'gauge',
    help: 'How long after its due time the newest segment was published',
  },
  chatDrops: {
    name: 'headend_chat_dropped_messages_total',
    service: 'chat',
    kind: 'counter',
    help: 'Messages not delivered to a socket that could not keep up',
  },
} as const satisfies Record<string, WatchedMetric>;
