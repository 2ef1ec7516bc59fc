import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../test/e2e/support/browser';
import { startPlatform } from '../../test/e2e/support/platform';
import { Account } from '../support/account';
import { percentile } from '../support/percentile';
import { table } from '../support/table';
import { type PictureHeight, startTimedEncoder } from './timed-encoder';
import { openWatchPage, type Transport, type WatchPage } from './watch-page';

/**
 * `npm run bench:latency`: glass to player through the caching edge, by a time code burnt into the picture and read
 * from the video element in Chromium; and how long joining takes. One machine, one clock. The picture has 480 lines: of 720
 * (`--height 720`) the encoder, the ladder, the bridge and the browser want more than two processors.
 */
const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '180' },
    height: { type: 'string', default: '480' },
    joins: { type: 'string', default: '25' },
    'port-base': { type: 'string', default: '29000' },
  },
});
const seconds = Number(options.seconds);
const heights: Readonly<Record<string, PictureHeight>> = { '720': 720, '480': 480 };
const height = heights[options.height];
if (height === undefined) throw new Error(`--height is one of ${Object.keys(heights).join(', ')}`);
const joins = Number(options.joins);

/** From one viewer's arrival to the next, on a machine that is broadcaster, platform and viewer at once. */
const calmMs = 2_000;

/** A machine that starts a platform and a broadcast at once packages the first segments late: that is not measured. */
const settleMs = 60_000;

interface Measurement {
  readonly what: string;
  readonly goalSeconds: number;
  readonly valuesMs: readonly number[];
  readonly note: string;
}

async function main(): Promise<void> {
  const platform = await startPlatform(Number(options['port-base']));
  const account = new Account(platform);
  const browser = await launchBrowser();
  const encoder = await startTimedEncoder({ kind: 'rtmp', url: platform.rtmpUrl, key: platform.streamKey }, height);
  const rows: string[][] = [];
  // Said at once: a later measurement may fail.
  const keep = (measurement: Measurement) => {
    rows.push(rowOf(measurement));
    console.log(rows.at(-1)?.join('  '));
  };
  try {
    const url = account.watchUrl(await account.untilLive());
    await pause(settleMs);
    const watching = await openWatchPage(browser, url);
    await watching.firstShown('hls');
    keep(await measureLatency(watching, 'hls', 8));
    await watching.changeToWebRtc();
    await watching.firstShown('webrtc');
    keep(await measureLatency(watching, 'webrtc', 0.5));
    await watching.close();
    keep(await measureJoins('join by HLS, page opened with a cold cache', () => joinByHls(browser, url)));
    keep(await measureJoins('join by WebRTC, from the press', () => joinByWebRtc(browser, url)));
  } catch (error) {
    console.error(encoder.output());
    throw error;
  } finally {
    await encoder.stop('SIGINT');
    await browser.close();
    await platform.stop();
  }
  console.log(`\nSeconds\n\n${table(head, rows)}`);
}

async function measureLatency(watching: WatchPage, transport: Transport, goalSeconds: number): Promise<Measurement> {
  await watching.takeRecord();
  await pause(seconds * 1_000);
  const { samples, freezes, unreadable, problems } = await watching.takeRecord();
  const frozenSeconds = freezes.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0) / 1_000;
  return {
    what: `glass to player, ${transport === 'hls' ? 'HLS' : 'WebRTC'}, ${seconds} s`,
    goalSeconds,
    valuesMs: samples.flatMap((sample) => (sample.transport === transport ? [sample.shownMs - sample.madeMs] : [])),
    note: [
      `frozen ${frozenSeconds.toFixed(1)} s`,
      ...(unreadable > 0 ? [`${unreadable} unreadable`] : []),
      ...problems,
      ...watching.errors,
    ].join('; '),
  };
}

async function measureJoins(what: string, join: () => Promise<number>): Promise<Measurement> {
  const valuesMs: number[] = [];
  for (let index = 0; index < joins; index += 1) {
    valuesMs.push(await join());
    await pause(calmMs);
  }
  return { what, goalSeconds: 2, valuesMs, note: '' };
}

async function joinByHls(browser: Browser, url: string): Promise<number> {
  const watching = await openWatchPage(browser, url);
  const shownMs = await watching.firstShown('hls');
  const { openedMs } = await watching.takeRecord();
  await watching.close();
  return shownMs - openedMs;
}

async function joinByWebRtc(browser: Browser, url: string): Promise<number> {
  const watching = await openWatchPage(browser, url);
  await watching.firstShown('hls');
  await pause(calmMs);
  const pressedMs = await watching.changeToWebRtc();
  const shownMs = await watching.firstShown('webrtc');
  await watching.close();
  return shownMs - pressedMs;
}

const head = ['', 'n', 'p50', 'p95', 'max', 'goal (p95)', '', 'load', ''];

function rowOf({ what, goalSeconds, valuesMs, note }: Measurement): string[] {
  const figure = (ms: number) => (ms / 1_000).toFixed(2);
  const p95 = percentile(valuesMs, 95);
  const met = p95 <= goalSeconds * 1_000;
  if (!met) process.exitCode = 1;
  const figures = [percentile(valuesMs, 50), p95, Math.max(...valuesMs)].map(figure);
  const load = (loadavg()[0] ?? 0).toFixed(1);
  return [what, String(valuesMs.length), ...figures, goalSeconds.toFixed(1), met ? 'met' : 'MISSED', load, note];
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
