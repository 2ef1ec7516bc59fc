import type { Logger } from '../../shared/log';
import { minuteOf } from '../keys';
import type { Minutes } from '../minutes/minutes';
import type { EventStore, PlayerReport } from './event-store';
import { incrementsOf } from './increments';
import type { ReportBuffer } from './report-buffer';

/** Small enough to be answered within the socket timeout by a slow store. */
const mostPerWrite = 200;

/** Stores what is buffered and adds what was new to the minutes. A repeated report is stored and counted once. */
export async function flushReports(
  buffer: ReportBuffer,
  store: EventStore,
  minutes: Minutes,
  log: Logger,
): Promise<void> {
  while (buffer.length > 0) {
    const reports = buffer.take(mostPerWrite);
    let fresh: readonly PlayerReport[];
    try {
      fresh = await store.store(reports);
    } catch (error) {
      buffer.putBack(reports);
      log.warn({ err: error, waiting: buffer.length }, 'player reports wait for the document store');
      return;
    }
    for (const [, ofMinute] of groupByMinute(fresh)) {
      const [{ streamId, receivedAtMs }] = ofMinute;
      await minutes.add(streamId, minuteOf(receivedAtMs), incrementsOf(ofMinute));
    }
  }
}

type SomeReports = [PlayerReport, ...PlayerReport[]];

function groupByMinute(reports: readonly PlayerReport[]): Map<string, SomeReports> {
  const groups = new Map<string, SomeReports>();
  for (const report of reports) {
    const key = `${report.streamId} ${minuteOf(report.receivedAtMs)}`;
    const group = groups.get(key);
    if (group) group.push(report);
    else groups.set(key, [report]);
  }
  return groups;
}
