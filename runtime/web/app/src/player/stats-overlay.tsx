import type { PlaybackStats } from './hls-player';

export function StatsOverlay({ stats }: { readonly stats: PlaybackStats }) {
  const rows: readonly (readonly [string, string])[] = [
    ['Transport', 'HLS'],
    ['Latency', stats.latencySeconds === undefined ? '–' : `${stats.latencySeconds.toFixed(1)} s`],
    ['Buffer', `${stats.bufferedSeconds.toFixed(1)} s`],
    ['Bandwidth', `${stats.bandwidthKbps} kbit/s`],
    ['Resolution', stats.resolution],
    ['Codec', stats.codec || '–'],
    ['Dropped frames', String(stats.droppedFrames)],
    ['Stalls', String(stats.stalls)],
  ];
  return (
    <div className="stats">
      <dl>
        {rows.map(([name, value]) => (
          <Row key={name} name={name} value={value} />
        ))}
      </dl>
    </div>
  );
}

function Row({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}
