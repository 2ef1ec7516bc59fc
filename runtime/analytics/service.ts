import type { Express } from 'express';
import { createHttpApp, type HttpOptions } from '../shared/http';
import { Counter, Gauge } from '../shared/metrics';
import { analyticsContract } from './contract';
import type { EventStore } from './events/event-store';
import { flushReports } from './events/recorder';
import { ReportBuffer } from './events/report-buffer';
import { createHandlers } from './handlers';
import type { Minutes } from './minutes/minutes';
import type { OwnerLookup } from './owners';
import type { ViewerCounts } from './viewers/viewer-counts';

export interface AnalyticsDependencies extends Omit<HttpOptions<typeof analyticsContract>, 'contract' | 'handlers'> {
  readonly viewers: ViewerCounts;
  readonly minutes: Minutes;
  readonly events: EventStore;
  readonly owners: OwnerLookup;
  readonly region: string;
  readonly now: () => number;
}

export interface AnalyticsService {
  readonly app: Express;
  /** Stores what is buffered; called on a timer and at the end. Logs its own failures. */
  flush(): Promise<void>;
  /** Brings the document store up to date with the minutes; called on a timer. Logs its own failures. */
  snapshot(): Promise<void>;
}

/** About ten seconds of the busiest pod; 20,000 reports are 10 MB. */
const bufferedReports = 20_000;

/** Composes the service. It listens to nothing and starts no timers. */
export function createAnalyticsService(dependencies: AnalyticsDependencies): AnalyticsService {
  const { viewers, minutes, events, owners, region, registry, log, now } = dependencies;
  const dropped = new Counter({
    name: 'analytics_reports_dropped_total',
    help: 'Player reports given up because the document store was slow.',
    registers: [registry],
  });
  const buffer = new ReportBuffer(bufferedReports, (count) => dropped.inc(count));
  new Gauge({
    name: 'analytics_reports_buffered',
    help: 'Player reports that wait to be stored.',
    registers: [registry],
    collect() {
      this.set(buffer.length);
    },
  });
  const app = createHttpApp({
    ...dependencies,
    contract: analyticsContract,
    handlers: createHandlers({ viewers, minutes, events, buffer, owners, region, log, now }),
  });
  return {
    app,
    flush: () => flushReports(buffer, events, minutes, log),
    async snapshot() {
      try {
        await minutes.snapshot(now());
      } catch (error) {
        log.warn({ err: error }, 'minutes wait for the document store');
      }
    },
  };
}
