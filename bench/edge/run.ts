import { setMaxListeners } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { deliveryLoad, watchedRenditions } from '../../lib/capacity/delivery';
import { hlsKeys, objectClasses, segmentSeconds } from '../../runtime/shared/media-layout';
import { type EdgeRig, startEdge } from '../../test/local/support/edge';
import { percentile } from '../support/percentile';
import { table } from '../support/table';
import { readTraffic } from './access-log';
import { videos } from './ladder';
import { Publisher } from './publisher';
import { type Audience, watch } from './viewer';

/**
 * `npm run bench:edge`: one live stream through pop, regional cache and shield, for audiences of 20, 100 and 1,000: what
 * the origin sends for what viewers get, beside the delivery model of `plan` and `cost`. With `--write` the table goes to
 * docs/reference/delivery.md.
 */
const audiences = [20, 100, 1_000];
/** Until all have joined and the first segments are in the caches. */
const warmUpSeconds = 3 * segmentSeconds;
const measuredSeconds = 15 * segmentSeconds;

interface Measurement {
  readonly viewers: number;
  readonly requestsPerSecond: number;
  /** Requests per second that each layer sent on: pop, regional, shield. The last is what the origin got. */
  readonly fills: readonly [number, number, number];
  readonly byteOffload: number;
  readonly requestOffload: number;
  readonly staleP95Ms: number;
  readonly staleMaxMs: number;
}

async function measure(edge: EdgeRig, viewers: number): Promise<Measurement> {
  const at = { region: 'us-east-1', streamId: `st_bench_${viewers}`, mediaAccess: 'open' } as const;
  const publisher = new Publisher(edge, at);
  await publisher.start();
  const end = new AbortController();
  // Every viewer waits on it.
  setMaxListeners(0, end.signal);
  const stale: number[] = [];
  const failures: string[] = [];
  let measuring = false;
  const audience: Audience = {
    base: edge.base,
    at,
    signal: end.signal,
    onPlaylist: (sequence) => {
      if (measuring) stale.push(publisher.staleMs(sequence, Date.now()));
    },
    onFailure: (sentence) => failures.push(sentence),
  };
  const watching = Array.from({ length: viewers }, (_, index) =>
    watch(audience, videos[index % videos.length]?.name ?? '', index / viewers),
  );
  await pause(warmUpSeconds * 1_000);
  measuring = true;
  const fromMs = Date.now();
  await pause(measuredSeconds * 1_000);
  const untilMs = Date.now();
  end.abort();
  await Promise.all(watching);
  await publisher.stop();
  if (failures.length > 0) throw new Error(`${failures.length} requests failed, the first: ${failures[0]}`);

  const traffic = (layer: 'pop' | 'regional' | 'shield') =>
    readTraffic(edge.log(layer), `/${hlsKeys.root(at)}`, fromMs, untilMs);
  const [pop, regional, shield] = [traffic('pop'), traffic('regional'), traffic('shield')];
  const perSecond = (count: number) => count / measuredSeconds;
  return {
    viewers,
    requestsPerSecond: perSecond(pop.requests),
    fills: [perSecond(pop.fills), perSecond(regional.fills), perSecond(shield.fills)],
    byteOffload: 1 - shield.segmentBytesIn / pop.segmentBytesOut,
    requestOffload: 1 - shield.fills / pop.requests,
    staleP95Ms: percentile(stale, 95),
    staleMaxMs: percentile(stale, 100),
  };
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
const rate = (perSecond: number) => perSecond.toFixed(1);
const seconds = (ms: number) => `${(ms / 1_000).toFixed(2)} s`;

function report(measurements: readonly Measurement[]): string {
  const head = [
    'viewers',
    'requests/s',
    'pop → regional',
    '→ shield',
    '→ origin',
    'byte offload',
    'model',
    'request offload',
    'model',
    'playlist late, p95',
    'worst',
  ];
  const rows = measurements.map((one) => {
    const model = deliveryLoad({ viewers: one.viewers, streams: 1, bitrateKbps: 1 });
    return [
      String(one.viewers),
      rate(one.requestsPerSecond),
      ...one.fills.map(rate),
      percent(one.byteOffload),
      percent(model.byteOffload),
      percent(one.requestOffload),
      percent(model.requestOffload),
      seconds(one.staleP95Ms),
      seconds(one.staleMaxMs),
    ];
  });
  return table(head, rows);
}

async function main(): Promise<void> {
  const edge = await startEdge();
  try {
    const measurements: Measurement[] = [];
    for (const viewers of audiences) measurements.push(await measure(edge, viewers));
    const text = report(measurements);
    console.log(text);
    if (process.argv.includes('--write'))
      writeFileSync(join(__dirname, '../../docs/reference/delivery.md'), page(text));
  } finally {
    await edge.stop();
  }
}

const page = (text: string) => `# Delivery through three caches

What viewers of one live stream fetch, and what reaches the origin. Written by \`npm run bench:edge -- --write\`: an S3
server, the local edge (pop, regional cache, shield) and simulated players on one machine, ${measuredSeconds} s for each audience.

\`\`\`
${text}
\`\`\`

- **Audience.** Four video renditions watched alike, sound beside each. A player asks for its two playlists and, when they
  list something new, its two segments once per ${segmentSeconds} s. Segments have a twentieth of the real bytes, so that a thousand
  viewers fit a loopback.
- **Arrows** are requests per second that a layer sent on, for playlists and segments together.
- **Byte offload** is 1 − bytes of segments from the origin ÷ bytes of segments to viewers. The model is 1 − R ÷ V, with R = ${watchedRenditions}
  watched videos and V viewers: what \`headend plan\` and \`headend cost\` compute with (\`lib/capacity/delivery.ts\`).
- **Request offload** is the same of requests, where playlists count as much as segments.
- **Playlist late** is how long a newer playlist had been in the bucket when a viewer got the older one. All three caches
  together may add ${objectClasses.mediaPlaylist.maxAgeSeconds} s.

A crowd does not reach the origin: from some hundred viewers on, its load is that of the renditions, whatever the audience.
A machine too busy to serve a thousand players in step shows as fewer requests per second than two per viewer.
`;

main().then(
  () => process.exit(0),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
