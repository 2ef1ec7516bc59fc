import type { Transport } from '../contract';

/** Watched time of one transport in one region. */
export interface Watched {
  readonly transport: Transport;
  readonly region: string;
  readonly ms: number;
}

/** Sum and number of the reports that had a figure. */
export interface Mean {
  readonly sum: number;
  readonly count: number;
}

export const meanFigures = ['msd', 'ltc', 'br', 'mtp'] as const;
export type MeanFigure = (typeof meanFigures)[number];

/** One minute of one stream, or several added up. Every figure only grows while its minute is open. */
export interface Minute {
  readonly peak: number;
  readonly watched: readonly Watched[];
  readonly reports: number;
  /** Weighted by the sample rate. */
  readonly starvedMs: number;
  readonly errors: number;
  readonly means: Readonly<Record<MeanFigure, Mean>>;
}

/** Flat counters, as Redis and the document store keep them: `watch:<transport>:<region>`, `sum:<figure>`, … */
export type MinuteFields = Readonly<Record<string, number>>;

export function readMinute(fields: MinuteFields): Minute {
  const watched = Object.entries(fields).flatMap(([name, ms]): Watched[] => {
    const [kind, transport, region] = name.split(':');
    return kind === 'watch' && region !== undefined ? [{ transport: transport as Transport, region, ms }] : [];
  });
  const mean = (figure: MeanFigure): Mean => ({
    sum: fields[`sum:${figure}`] ?? 0,
    count: fields[`count:${figure}`] ?? 0,
  });
  return {
    peak: fields.peak ?? 0,
    watched,
    reports: fields.reports ?? 0,
    starvedMs: fields.starved ?? 0,
    errors: fields.errors ?? 0,
    means: { msd: mean('msd'), ltc: mean('ltc'), br: mean('br'), mtp: mean('mtp') },
  };
}

export function addMinutes(minutes: readonly MinuteFields[]): MinuteFields {
  const sum: Record<string, number> = {};
  for (const fields of minutes) {
    for (const [name, value] of Object.entries(fields)) {
      sum[name] = name === 'peak' ? Math.max(sum[name] ?? 0, value) : (sum[name] ?? 0) + value;
    }
  }
  return sum;
}

export function watchedMs({ watched }: Minute): number {
  return watched.reduce((sum, { ms }) => sum + ms, 0);
}

export function meanOf({ sum, count }: Mean): number | null {
  return count > 0 ? sum / count : null;
}
