import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { poll } from '../../runtime/local/poll';
import { audioRendition } from '../../runtime/packager/ladder/table';
import { type RunningPlatform, startPlatform } from '../../test/e2e/support/platform';
import { type Encoder, startFfmpeg, stopEncoders } from '../../test/ingest/support/encoder';
import { flashAndBeep, measureOffset, type StreamOffset } from '../../test/media/support/playback';
import { type MediaPlaylist, readMediaPlaylist, readMultivariant } from '../../test/packager/conformance';
import { Account } from '../support/account';
import { table } from '../support/table';
import { cutMultivariant, cutPlaylist, cutSegments } from './cut';

/**
 * `npm run bench:sync`: how far sound and picture are apart in the HLS segments, by flashes and beeps, for both sources
 * (RTMP, and WHIP through the room), before and after the encoder's connection broke.
 */
const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    'port-base': { type: 'string', default: '29400' },
  },
});
const takeMs = Number(options.seconds) * 1_000;

const quiet = ['-hide_banner', '-nostdin', '-loglevel', 'warning', '-nostats'];
const flashes = [
  ...['-re', '-f', 'lavfi', '-i', flashAndBeep.video('1280x720', 30)],
  ...['-re', '-f', 'lavfi', '-i', flashAndBeep.audio],
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p', '-bf', '0'],
  ...['-g', '60', '-keyint_min', '60', '-sc_threshold', '0', '-b:v', '2000k'],
];

interface Source {
  readonly name: string;
  start(platform: RunningPlatform): Promise<Encoder>;
}

const sources: readonly Source[] = [
  {
    name: 'RTMP',
    start: ({ rtmpUrl, streamKey }) =>
      startFfmpeg([
        ...[...quiet, ...flashes, '-profile:v', 'main'],
        ...['-c:a', 'aac', '-b:a', '128k', '-ac', '2', '-f', 'flv', `${rtmpUrl}/${streamKey}`],
      ]),
  },
  {
    name: 'WHIP (room)',
    start: ({ whipUrl, streamKey }) =>
      startFfmpeg(
        [
          ...[...quiet, ...flashes, '-profile:v', 'baseline'],
          ...['-c:a', 'libopus', '-ar', '48000', '-ac', '2', '-f', 'whip', '-authorization', streamKey, whipUrl],
        ],
        'ffmpeg-whip',
      ),
  },
];

interface Take {
  readonly fromMs: number;
  readonly toMs: number;
}

interface Row {
  readonly what: string;
  readonly goalMs: number;
  readonly offset: StreamOffset;
}

/** An encoder that runs this long was let in. */
const acceptedAfterMs = 3_000;

/** Starts an encoder, again while the gate still holds its killed predecessor. */
function startAccepted(source: Source, platform: RunningPlatform): Promise<Encoder> {
  return poll(
    async () => {
      const encoder = await source.start(platform);
      const ended = await Promise.race([encoder.exited.then(() => true), pause(acceptedAfterMs, false)]);
      if (ended) throw new Error(encoder.output.join(' '));
      return encoder;
    },
    { what: 'an accepted encoder', deadlineMs: 55_000, intervalMs: 1_000 },
  );
}

async function measureSource(source: Source, platform: RunningPlatform, account: Account): Promise<readonly Row[]> {
  const first = await startAccepted(source, platform);
  const streamId = await account.untilLive();
  const before = await take();
  process.kill(first.pid, 'SIGKILL');
  await first.exited;
  const second = await startAccepted(source, platform);
  const after = await take();
  await second.stop();
  await account.untilEnded(streamId);
  const { dvrUrl } = await account.playback(streamId);
  const replay = await poll(() => readReplay(dvrUrl), { what: 'the replay', deadlineMs: 60_000, intervalMs: 500 });
  return [
    { what: source.name, goalMs: 60, offset: await measureTake(replay, before) },
    { what: `${source.name}, after a reconnect`, goalMs: 100, offset: await measureTake(replay, after) },
  ];
}

async function take(): Promise<Take> {
  const fromMs = Date.now();
  await pause(takeMs);
  return { fromMs, toMs: Date.now() };
}

interface Rendition {
  readonly url: string;
  readonly playlist: MediaPlaylist;
}

interface Replay {
  readonly video: Rendition;
  readonly audio: Rendition;
}

async function readReplay(url: string): Promise<Replay> {
  const { variants, audio } = readMultivariant(await text(url));
  const read = async (uri: string | undefined): Promise<Rendition> => {
    if (uri === undefined) throw new Error(`a rendition is missing in ${url}`);
    const playlistUrl = new URL(uri, url).href;
    const playlist = readMediaPlaylist(await text(playlistUrl));
    if (!playlist.ended) throw new Error(`${uri} has no end`);
    return { url: playlistUrl, playlist };
  };
  const top = variants.find(({ uri }) => !uri.startsWith(`${audioRendition.name}/`));
  return { video: await read(top?.uri), audio: await read(audio[0]?.uri) };
}

async function text(url: string): Promise<string> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return answer.text();
}

/** Offers a take as a presentation of its own for as long as it is measured. */
async function measureTake({ video, audio }: Replay, { fromMs, toMs }: Take): Promise<StreamOffset> {
  const cut = ({ url, playlist }: Rendition) => cutPlaylist(cutSegments(url, playlist.segments, fromMs, toMs));
  const files: Readonly<Record<string, string>> = {
    '/index.m3u8': cutMultivariant,
    '/video.m3u8': cut(video),
    '/audio.m3u8': cut(audio),
  };
  const server = createServer((request, response) => {
    const file = files[request.url ?? ''];
    response.writeHead(file === undefined ? 404 : 200, { 'Content-Type': 'application/vnd.apple.mpegurl' }).end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await measureOffset(`http://127.0.0.1:${(server.address() as AddressInfo).port}/index.m3u8`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

function report(rows: readonly Row[]): void {
  const loads = loadavg().map((load) => load.toFixed(1));
  const met = ({ goalMs, offset }: Row) => Math.abs(offset.medianMs) <= goalMs;
  console.log(`\nMilliseconds, sound after picture. Load average at the end: ${loads.join(' ')}\n`);
  console.log(
    table(
      ['source', 'flashes', 'median', 'largest', 'goal (|median|)', ''],
      rows.map((row) => [
        row.what,
        String(row.offset.pairs),
        ...[row.offset.medianMs, row.offset.largestMs, row.goalMs].map((figure) => figure.toFixed(0)),
        met(row) ? 'met' : 'MISSED',
      ]),
    ),
  );
  if (!rows.every(met)) process.exitCode = 1;
}

async function main(): Promise<void> {
  const platform = await startPlatform(Number(options['port-base']));
  const account = new Account(platform);
  const rows: Row[] = [];
  try {
    for (const source of sources) rows.push(...(await measureSource(source, platform, account)));
  } finally {
    await stopEncoders();
    await platform.stop();
  }
  report(rows);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
