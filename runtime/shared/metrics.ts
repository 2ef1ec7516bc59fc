import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ServiceName } from './contract';

export { Counter, Gauge, Histogram, Registry };

/** A registry per process with the Node defaults and a `service` label. Label sets are bounded by their authors. */
export function createRegistry(service: ServiceName): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return registry;
}
