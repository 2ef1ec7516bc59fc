import { Counter, type Registry } from '../../shared/metrics';
import type { ProblemCode } from '../../shared/problem';
import { watchedMetrics } from '../../shared/watched-metrics';
import type { PublishRequest } from './stream-service';

/** Counts publishers that were turned away: by reason for people, and as the alarms want them. */
export class Refusals {
  private readonly byReason: Counter<'protocol' | 'reason'>;
  private readonly all: Counter;
  private readonly forCapacity: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.byReason = new Counter({
      name: 'headend_ingest_refused_publishers_total',
      help: 'Publishers refused, by protocol and problem code.',
      labelNames: ['protocol', 'reason'],
      registers,
    });
    this.all = new Counter({ ...watchedMetrics.ingestRefusals, registers });
    this.forCapacity = new Counter({ ...watchedMetrics.capacityRefusals, registers });
  }

  count(protocol: PublishRequest['protocol'], reason: ProblemCode): void {
    this.byReason.inc({ protocol, reason });
    this.all.inc();
    if (reason === 'capacity') this.forCapacity.inc();
  }
}
