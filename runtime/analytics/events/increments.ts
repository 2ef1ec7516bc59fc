import { type MeanFigure, type MinuteFields, meanFigures } from '../minutes/minute';
import type { PlayerReport } from './event-store';

/** What new reports add to the figures of their streams' minutes. */
export function incrementsOf(reports: readonly PlayerReport[]): MinuteFields {
  const sum: Record<string, number> = {};
  const add = (name: string, value: number) => {
    sum[name] = (sum[name] ?? 0) + value;
  };
  for (const { event, sampleRate } of reports) {
    const weight = 1 / sampleRate;
    add('reports', 1);
    if (event.bsd !== undefined) add('starved', event.bsd * weight);
    if (event.e === 'e' || event.sta === 'f') add('errors', weight);
    for (const figure of meanFigures) addMean(add, figure, event[figure]);
  }
  return sum;
}

function addMean(add: (name: string, value: number) => void, figure: MeanFigure, value: number | undefined): void {
  if (value === undefined) return;
  add(`sum:${figure}`, value);
  add(`count:${figure}`, 1);
}
