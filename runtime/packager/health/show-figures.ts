import type { Worker } from '../worker';
import type { BroadcastMonitor } from './broadcast-monitor';
import type { PackagerMetrics } from './metrics';

/** Puts what the monitors see into the gauges: the worst broadcast speaks for the process. */
export function showFigures(
  metrics: PackagerMetrics,
  monitors: ReadonlySet<BroadcastMonitor>,
  worker: Worker,
  slots: number,
): void {
  const all = [...monitors].map(({ figures }) => figures);
  const sum = (pick: (figures: (typeof all)[number]) => number) => all.reduce((total, each) => total + pick(each), 0);
  metrics.slots.set({ state: 'used' }, worker.activeBroadcasts);
  metrics.slots.set({ state: 'free' }, slots - worker.activeBroadcasts);
  metrics.lagSeconds.set(Math.max(0, ...all.map(({ lagSeconds }) => lagSeconds)));
  metrics.realTimeFactor.set(Math.min(1, ...all.map(({ realTimeFactor }) => realTimeFactor)));
  metrics.sourceBitsPerSecond.set(sum(({ sourceKbps }) => sourceKbps * 1_000));
  metrics.keyFrameSeconds.set(Math.max(0, ...all.map(({ keyFrameSeconds }) => keyFrameSeconds)));
  metrics.soundLeadSeconds.set(farthest(all.map(({ soundLeadSeconds }) => soundLeadSeconds)));
  metrics.renditions.set(
    { method: 'copy' },
    sum(({ copied }) => copied),
  );
  metrics.renditions.set(
    { method: 'transcode' },
    sum(({ transcoded }) => transcoded),
  );
}

const farthest = (offsets: readonly number[]) =>
  offsets.reduce((most, offset) => (Math.abs(offset) > Math.abs(most) ? offset : most), 0);
