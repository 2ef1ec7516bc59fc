import type { ServiceName } from './contract';

/**
 * Metrics of our own processes that an alarm watches. The service registers them under these names, the collector
 * forwards exactly these to CloudWatch, and the alarms are made from them.
 */
export interface WatchedMetric {
  readonly name: string;
  readonly service: ServiceName;
  readonly help: string;
  /** Narrows it to the series with this label; absent means all of them together. */
  readonly label?: { readonly name: string; readonly value: string };
}

/** CloudWatch namespace. Dimensions: `service`, and the label where there is one. */
export const watchedMetricsNamespace = 'Headend';

export const watchedMetrics = {
  ingestRefusals: {
    name: 'headend_ingest_refusals_total',
    service: 'ingest',
    help: 'Publishers refused, whatever the reason',
  },
  capacityRefusals: {
    name: 'headend_ingest_capacity_refusals_total',
    service: 'ingest',
    help: 'Publishers refused because no packager had a free slot',
  },
  packagerLag: {
    name: 'headend_packager_lag_seconds',
    service: 'packager',
    help: 'How long after its due time the newest segment was published',
  },
  chatDrops: {
    name: 'chat_sockets_ended_total',
    service: 'chat',
    help: 'Sockets cut because they could not keep up with their room',
    label: { name: 'reason', value: 'slow' },
  },
} as const satisfies Record<string, WatchedMetric>;
