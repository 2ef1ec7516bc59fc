import { metricsAgentConfiguration } from '../../../constructs/observability/metrics-agent';
import { createChatMetrics } from '../../../runtime/chat/metrics';
import { closeCodes } from '../../../runtime/chat/protocol';
import { Refusals } from '../../../runtime/ingest/sessions/refusals';
import { createPackagerMetrics } from '../../../runtime/packager/health/metrics';
import type { ServiceName } from '../../../runtime/shared/contract';
import { createRegistry, type Registry } from '../../../runtime/shared/metrics';
import { type WatchedMetric, watchedMetrics } from '../../../runtime/shared/watched-metrics';

/** Each service's own registration; what it does with a registry is what its pods serve. */
const registrations: Partial<Record<ServiceName, (registry: Registry) => unknown>> = {
  ingest: (registry) => new Refusals(registry),
  packager: createPackagerMetrics,
  chat: createChatMetrics,
};

describe('metrics that alarms watch', () => {
  const watched: readonly WatchedMetric[] = Object.values(watchedMetrics);

  test.each(watched.map((metric) => [metric.name, metric] as const))('%s is served by its service', (name, metric) => {
    const registry = createRegistry(metric.service);
    registrations[metric.service]?.(registry);
    const served = registry.getSingleMetric(name);
    expect(served).toBeDefined();
    const { labelNames = [] } = served as unknown as { labelNames?: readonly string[] };
    expect(labelNames).toEqual(expect.arrayContaining(metric.label ? [metric.label.name] : []));
  });

  test('name a close reason that chat has', () => {
    expect(Object.keys(closeCodes)).toContain(watchedMetrics.chatDrops.label.value);
  });

  test('are scraped and forwarded by the agent, one declaration each, and nothing else', () => {
    const agent = metricsAgentConfiguration().agents.find(({ name }) => name.endsWith('prometheus'));
    if (!agent?.prometheus) throw new Error('no agent scrapes Prometheus metrics');
    const declarations = agent.config?.logs.metrics_collected.prometheus.emf_processor.metric_declaration ?? [];
    expect(declarations).toHaveLength(watched.length);
    expect(declarations).toContainEqual({
      source_labels: ['service', 'reason'],
      label_matcher: '^chat;slow$',
      dimensions: [['service', 'reason']],
      metric_selectors: ['^chat_sockets_ended_total$'],
    });
    const [scrape] = agent.prometheus.config.scrape_configs;
    const kept = new RegExp(`^(${scrape?.metric_relabel_configs[0]?.regex})$`);
    for (const { name } of watched) expect(name).toMatch(kept);
    expect('process_cpu_seconds_total').not.toMatch(kept);
  });
});
