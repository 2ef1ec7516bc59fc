import { chatContract } from '../../runtime/chat/contract';
import { ingestContract } from '../../runtime/ingest/contract';
import { packagerContract } from '../../runtime/packager/contract';
import { probes, type ServiceContract } from '../../runtime/shared/contract';
import { type WatchedMetric, watchedMetrics, watchedMetricsNamespace } from '../../runtime/shared/watched-metrics';

const watched: readonly WatchedMetric[] = Object.values(watchedMetrics);
const scraped: readonly Pick<ServiceContract, 'name' | 'managementPort'>[] = [
  ingestContract,
  packagerContract,
  chatContract,
];

const oneOf = (values: readonly (string | number)[]) => [...new Set(values)].join('|');

/**
 * Configuration of the Amazon CloudWatch Observability add-on: its own agent on every node for Container Insights, and
 * one more that scrapes our pods. It forwards only what an alarm watches: each CloudWatch metric costs by the month.
 */
export function metricsAgentConfiguration() {
  return {
    agents: [
      { name: 'cloudwatch-agent' },
      {
        name: 'cloudwatch-agent-prometheus',
        mode: 'deployment',
        replicas: 1,
        config: { logs: { metrics_collected: { prometheus: { emf_processor: emfProcessor() } } } },
        prometheus: { config: scrapeConfiguration() },
      },
    ],
  };
}

/** Pods are found by their name label and management port (Prometheus documentation, `kubernetes_sd_config`). */
function scrapeConfiguration() {
  return {
    global: { scrape_interval: '1m', scrape_timeout: '10s' },
    scrape_configs: [
      {
        job_name: 'headend',
        metrics_path: probes.metrics,
        kubernetes_sd_configs: [{ role: 'pod', namespaces: { names: ['platform'] } }],
        relabel_configs: [
          keep('__meta_kubernetes_pod_label_app_kubernetes_io_name', oneOf(scraped.map(({ name }) => name))),
          keep(
            '__meta_kubernetes_pod_container_port_number',
            oneOf(scraped.map(({ managementPort }) => managementPort)),
          ),
        ],
        metric_relabel_configs: [keep('__name__', oneOf(watched.map(({ name }) => name)))],
      },
    ],
  };
}

const keep = (label: string, regex: string) => ({ source_labels: [label], action: 'keep', regex });

/** One declaration per watched metric: which series become which CloudWatch metric. */
function emfProcessor() {
  return {
    metric_namespace: watchedMetricsNamespace,
    metric_declaration: watched.map(({ name, service, label }) => ({
      source_labels: ['service', ...(label ? [label.name] : [])],
      label_matcher: `^${[service, ...(label ? [label.value] : [])].join(';')}$`,
      dimensions: [['service', ...(label ? [label.name] : [])]],
      metric_selectors: [`^${name}$`],
    })),
  };
}
