import { sources } from '../shared/broadcast';
import { Gauge, type Registry } from '../shared/metrics';
import type { Broadcasts } from './sessions/broadcasts';
import type { RevocationListener } from './sessions/revocations';
import type { Feeds } from './spool/feeds';

interface Observed {
  readonly broadcasts: Broadcasts;
  readonly feeds: Feeds;
  readonly revocations: RevocationListener;
}

/** Gauges that are read when somebody asks for metrics. */
export function observe(registry: Registry, { broadcasts, feeds, revocations }: Observed): void {
  const registers = [registry];
  new Gauge({
    name: 'headend_ingest_broadcasts',
    help: 'Broadcasts that publish through this gate.',
    labelNames: ['source'],
    registers,
    collect() {
      for (const source of sources) this.set({ source }, broadcasts.count(source));
    },
  });
  new Gauge({
    name: 'headend_ingest_spool_bytes',
    help: 'Media held for packagers.',
    registers,
    collect() {
      this.set(feeds.heldBytes);
    },
  });
  new Gauge({
    name: 'headend_ingest_revocations_connected',
    help: 'Whether home can tell this gate of revoked keys: 1 or 0.',
    registers,
    collect() {
      this.set(revocations.isConnected ? 1 : 0);
    },
  });
}
