import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { poll } from '../../runtime/local/poll';
import { segmentSeconds } from '../../runtime/shared/media-layout';
import { launchBrowser } from '../../test/e2e/support/browser';
import { type RunningPlatform, startPlatform } from '../../test/e2e/support/platform';
import { openWatchPage } from '../latency/watch-page';
import { Account } from '../support/account';
import { percentile } from '../support/percentile';
import { table } from '../support/table';
import { Broadcaster } from './broadcaster';
import { burntInTimes } from './burnt-in';
import { missingGroups } from './coverage';
import { growthOf, type MemorySample, sampleMemory } from './memory';
import { endedFaults, PlaylistWatch, readPresentation } from './playlist-watch';
import { Viewer } from './viewer';

/**
 * `npm run bench:soak -- --minutes 30`: one broadcast whose encoder is killed every three minutes and whose packager is
 * killed once, watched all the time by Chromium and by a checker of playlists. Every picture carries the moment it was
 * made, so that the recording can be asked for every second of it.
 */
const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    'reconnect-minutes': { type: 'string', default: '3' },
    'port-base': { type: 'string', default: '29200' },
  },
});
const durationMs = Number(options.minutes) * 60_000;
const reconnectMs = Number(options['reconnect-minutes']) * 60_000;
const memoryEveryMs = 10_000;
/** Node's heap breathes. */
const mostGrowth = 1.1;

type Watched = 'packager' | 'ingest';

interface Finding {
  readonly what: string;
  readonly found: string;
  readonly passed: boolean;
}

async function main(): Promise<void> {
  const platform = await startPlatform(Number(options['port-base']));
  const browser = await launchBrowser();
  const account = new Account(platform);
  const broadcaster = new Broadcaster({ kind: 'rtmp', url: platform.rtmpUrl, key: platform.streamKey });
  try {
    await broadcaster.start();
    const streamId = await account.untilLive();
    const viewer = new Viewer(await openWatchPage(browser, account.watchUrl(streamId)));
    const { hlsUrl } = await account.playback(streamId);
    // A stream is live as soon as its packager works; the first playlist takes a segment.
    await poll(() => readPresentation(hlsUrl), { what: 'the first playlists', deadlineMs: 30_000, intervalMs: 250 });
    const watch = new PlaylistWatch(hlsUrl);
    const memory = watchMemory(platform);
    const killedMs = await disturb(platform, broadcaster);
    await broadcaster.stop('SIGINT');
    await viewer.finish();
    await watch.stop();
    memory.stop();
    await account.untilEnded(streamId);
    const { dvrUrl } = await account.playback(streamId);
    report([
      ...viewerFindings(viewer, broadcaster),
      {
        what: `live playlists, read ${watch.reads} times`,
        found: [...watch.faults].join('; ') || 'no fault, no hole without a tag',
        passed: watch.faults.size === 0,
      },
      ...(await replayFindings(dvrUrl)),
      ...memoryFindings(memory.samples),
      ...(await recordingFindings(account, streamId, broadcaster, killedMs)),
    ]);
  } finally {
    await broadcaster.stop('SIGINT').catch((error: Error) => console.error(error.message));
    await browser.close();
    await platform.stop();
  }
}

/** Plays the disturbances; returns when the packager was killed. */
async function disturb(platform: RunningPlatform, broadcaster: Broadcaster): Promise<number> {
  const startMs = Date.now();
  const packager = platform.services.find(({ name }) => name === 'packager');
  if (!packager) throw new Error('there is no packager');
  // Between two reconnects, and early: its successor's memory is watched for the rest.
  const killAtMs = startMs + (Math.floor(durationMs / reconnectMs / 3) + 0.5) * reconnectMs;
  let killedMs: number | undefined;
  for (let next = startMs + reconnectMs; Date.now() < startMs + durationMs; next += reconnectMs) {
    if (killedMs === undefined && killAtMs < next) {
      await pause(Math.max(0, killAtMs - Date.now()));
      process.kill(packager.pid, 'SIGKILL');
      killedMs = Date.now();
      console.log(`${clock(startMs)} the packager is killed`);
    }
    await pause(Math.max(0, Math.min(next, startMs + durationMs) - Date.now()));
    if (Date.now() < startMs + durationMs - reconnectMs / 2) {
      await broadcaster.reconnect();
      console.log(`${clock(startMs)} the encoder is back`);
    }
  }
  if (killedMs === undefined) throw new Error('the soak was too short to kill the packager');
  return killedMs;
}

const clock = (startMs: number) => `${((Date.now() - startMs) / 60_000).toFixed(1)} min:`;

function watchMemory({ services }: RunningPlatform) {
  const samples: Record<Watched, MemorySample[]> = { packager: [], ingest: [] };
  const sample = async (name: Watched) => {
    const service = services.find((each) => each.name === name);
    if (service) samples[name].push(await sampleMemory(service.managementUrl));
  };
  const timer = setInterval(() => {
    // Nobody answers for a killed packager.
    for (const name of ['packager', 'ingest'] as const) void sample(name).catch(() => undefined);
  }, memoryEveryMs);
  return { samples, stop: () => clearInterval(timer) };
}

function viewerFindings(viewer: Viewer, { sent, refusals }: Broadcaster): Finding[] {
  const { samples, freezes, problems } = viewer;
  const lengths = freezes.map(({ fromMs, toMs }) => (toMs - fromMs) / 1_000);
  const frozen = lengths.reduce((sum, length) => sum + length, 0);
  const unseen = sent.filter((groups) => {
    const [first = Infinity, last = -Infinity] = [groups[0], groups.at(-1)];
    return !samples.some(({ madeMs }) => madeMs >= first && madeMs <= last);
  }).length;
  const latency = samples.map(({ shownMs, madeMs }) => (shownMs - madeMs) / 1_000);
  return [
    {
      what: 'player errors',
      found: problems.join('; ') || 'none',
      passed: problems.length === 0,
    },
    {
      what: `encoders of which the player showed pictures, without a reload`,
      found: `${sent.length - unseen} of ${sent.length}${refusals > 0 ? `, ${refusals} refused at first` : ''}`,
      passed: unseen === 0,
    },
    {
      what: 'player frozen (1 s or longer)',
      found: `${freezes.length} times, ${frozen.toFixed(0)} s in all, ${Math.max(0, ...lengths).toFixed(1)} s the longest`,
      passed: true,
    },
    {
      what: 'glass to player',
      found: `p50 ${percentile(latency, 50).toFixed(1)} s, p95 ${percentile(latency, 95).toFixed(1)} s`,
      passed: true,
    },
  ];
}

async function replayFindings(dvrUrl: string): Promise<Finding[]> {
  const faults = await poll(() => endedFaults(dvrUrl), { what: 'a complete replay', deadlineMs: 60_000 });
  const [playlist] = Object.values(await readPresentation(dvrUrl));
  const segments = playlist?.segments ?? [];
  const discontinuities = segments.filter(({ discontinuity }) => discontinuity);
  return [
    {
      what: `replay of ${segments.length} segments, ${discontinuities.length} discontinuities`,
      found: faults.join('; ') || 'no fault, no hole without a tag',
      passed: faults.length === 0 && segments.length > 0,
    },
  ];
}

function memoryFindings(samples: Readonly<Record<Watched, readonly MemorySample[]>>): Finding[] {
  return Object.entries(samples).map(([name, taken]) => {
    const { firstBytes, lastBytes, ratio, samples: count } = growthOf(taken);
    const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
    const percent = ((ratio - 1) * 100).toFixed(1);
    return {
      what: `resident memory of the ${name}, ${count} samples`,
      found: `${megabytes(firstBytes)} MB to ${megabytes(lastBytes)} MB, ${percent} %`,
      passed: ratio <= mostGrowth,
    };
  });
}

async function recordingFindings(
  account: Account,
  streamId: string,
  { sent }: Broadcaster,
  killedMs: number,
): Promise<Finding[]> {
  const recording = await poll(
    async () => {
      const found = await account.get<{ state: string; durationSeconds: number }>(`/api/stream/recordings/${streamId}`);
      if (found.state !== 'available') throw new Error(`it is ${found.state}`);
      return found;
    },
    { what: 'the recording', deadlineMs: 5 * 60_000, intervalMs: 1_000 },
  );
  const { url } = await account.get<{ url: string }>(`/api/stream/recordings/${streamId}/download`);
  const recorded = await burntInTimes(url);
  const missing = sent.map((groups) => missingGroups(groups, recorded));
  const killed = sent.findIndex((groups) => (groups[0] ?? Infinity) < killedMs && killedMs < (groups.at(-1) ?? 0));
  const groupCount = sent.reduce((sum, groups) => sum + groups.length, 0);
  const verdict = (what: string, groups: number) => ({
    what,
    found: `lacks ${groups * segmentSeconds} s`,
    // What an encoder was in the middle of when its connection broke.
    passed: groups <= 1,
  });
  return [
    {
      what: `recording of ${sent.length} encoders that sent ${groupCount} times ${segmentSeconds} s`,
      found: `${recording.durationSeconds.toFixed(0)} s`,
      passed: true,
    },
    verdict('recording, the encoder of which it lacks most', Math.max(...missing)),
    verdict('recording, the encoder whose packager was killed', missing[killed] ?? Number.NaN),
  ];
}

function report(findings: readonly Finding[]): void {
  const loads = loadavg().map((load) => load.toFixed(1));
  console.log(`\n${options.minutes} minutes. Load average at the end: ${loads.join(' ')}\n`);
  console.log(
    table(
      ['', '', ''],
      findings.map(({ what, found, passed }) => [what, found, passed ? 'ok' : 'FAILED']),
    ),
  );
  if (findings.some(({ passed }) => !passed)) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
