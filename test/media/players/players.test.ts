import type { Browser, Page } from 'playwright-core';
import { startTimedEncoder } from '../../../bench/latency/timed-encoder';
import { openWatchPage } from '../../../bench/latency/watch-page';
import { readPresentation } from '../../../bench/soak/playlist-watch';
import { Account } from '../../../bench/support/account';
import { runMediaTool } from '../../../runtime/local/media-tools';
import { poll } from '../../../runtime/local/poll';
import { launchBrowser } from '../../e2e/support/browser';
import { type RunningPlatform, startPlatform } from '../../e2e/support/platform';
import { playbackComplaints } from '../support/playback';
import { playInShaka } from './shaka';

/**
 * Players that are not ours to change, on the playlists of a broadcast whose encoder was replaced: live, and as a replay
 * across the discontinuity. hls.js plays in the product's own watch page.
 */

const portBase = 29_600;
const heights = [480, 360];

let platform: RunningPlatform;
let browser: Browser;
let account: Account;
let streamId: string;

beforeAll(async () => {
  [platform, browser] = await Promise.all([startPlatform(portBase), launchBrowser()]);
  account = new Account(platform);
}, 16 * 60_000);

afterAll(async () => {
  await browser?.close();
  await platform?.stop();
}, 60_000);

const encode = () => startTimedEncoder({ kind: 'rtmp', url: platform.rtmpUrl, key: platform.streamKey });

async function untilSegments(wanted: number, discontinuities: number): Promise<void> {
  const { dvrUrl } = await account.playback(streamId);
  await poll(
    async () => {
      for (const { segments } of Object.values(await readPresentation(dvrUrl))) {
        const breaks = segments.filter(({ discontinuity }) => discontinuity).length;
        if (segments.length < wanted || breaks < discontinuities)
          throw new Error(`${segments.length}, ${breaks} breaks`);
      }
    },
    { what: `${wanted} segments`, deadlineMs: 60_000, intervalMs: 250 },
  );
}

const position = (page: Page) => page.evaluate<number>("document.querySelector('video').currentTime");

async function expectAdvance(page: Page, seconds: number): Promise<void> {
  const from = await poll(
    async () => {
      const now = await position(page);
      if (now === 0) throw new Error('it has not begun');
      return now;
    },
    { what: 'a beginning of playback', deadlineMs: 30_000 },
  );
  await poll(
    async () => {
      const now = await position(page);
      if (now < from + seconds) throw new Error(`it went from ${from} to ${now}`);
    },
    { what: `${seconds} s of playback`, deadlineMs: 30_000 },
  );
}

/** Captions the broadcast as a recognizer beside the encoder would. */
async function say(text: string) {
  const startMs = Date.now();
  const cue = { startMs, endMs: startMs + 4_000, text };
  const answer = await fetch(`${platform.baseUrl}/api/stream/captions`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${platform.streamKey}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ language: 'en', cues: [cue] }),
  });
  expect(answer.status).toBe(202);
  return cue;
}

/** Waits until the text is over the picture. */
async function untilCaption(page: Page, text: string): Promise<void> {
  const active = `[...document.querySelector('video').textTracks]
    .filter(({ mode }) => mode === 'showing')
    .flatMap(({ activeCues }) => [...(activeCues ?? [])].map(({ text }) => text))`;
  await poll(
    async () => {
      const shown = await page.evaluate<readonly string[]>(active);
      if (!shown.includes(text)) throw new Error(`it shows ${JSON.stringify(shown)}`);
    },
    { what: `the caption “${text}”`, deadlineMs: 30_000, intervalMs: 50 },
  );
}

interface Probe {
  readonly streams: readonly { readonly codec_name: string }[];
  readonly format: { readonly duration?: string };
}

async function probe(url: string): Promise<Probe> {
  const { stdout } = await runMediaTool('ffprobe', [
    ...['-v', 'error', '-show_entries', 'stream=codec_name:format=duration', '-of', 'json', url],
  ]);
  return JSON.parse(stdout.toString()) as Probe;
}

describe('a live stream after a reconnect', () => {
  let stop: () => Promise<void>;

  beforeAll(async () => {
    const first = await encode();
    streamId = await account.untilLive();
    await untilSegments(3, 0);
    await first.stop('SIGKILL');
    const second = await encode();
    stop = () => second.stop('SIGINT');
    await untilSegments(6, 1);
  }, 180_000);

  it('plays in hls.js', async () => {
    const watching = await openWatchPage(browser, account.watchUrl(streamId));
    await watching.firstShown('hls');
    await expectAdvance(watching.page, 3);
    const { samples, problems } = await watching.takeRecord();
    await watching.close();
    expect(samples.length).toBeGreaterThan(3);
    expect(problems).toEqual([]);
    expect(watching.errors).toEqual([]);
  }, 90_000);

  it('shows captions in hls.js, beside the picture that they belong to', async () => {
    const watching = await openWatchPage(browser, account.watchUrl(streamId));
    await watching.firstShown('hls');
    await watching.page.getByLabel('Captions').selectOption('en');
    const cue = await say('In step with the picture');
    await untilCaption(watching.page, cue.text);
    const { samples, problems } = await watching.takeRecord();
    await watching.close();
    const shown = samples.at(-1)?.madeMs ?? 0;
    expect(shown).toBeGreaterThan(cue.startMs - 500);
    expect(shown).toBeLessThan(cue.endMs + 500);
    expect([...problems, ...watching.errors]).toEqual([]);
  }, 90_000);

  it('shows captions in Shaka Player', async () => {
    const { hlsUrl } = await account.playback(streamId);
    const shaka = await playInShaka(browser, platform.baseUrl, hlsUrl);
    await expectAdvance(shaka.page, 1);
    expect(await shaka.showCaptions('en')).toBe(true);
    await untilCaption(shaka.page, (await say('Shaka shows them, too')).text);
    const { errors } = await shaka.describe();
    await shaka.close();
    expect(errors).toEqual([]);
  }, 90_000);

  it('plays in Shaka Player', async () => {
    const { hlsUrl } = await account.playback(streamId);
    const shaka = await playInShaka(browser, platform.baseUrl, hlsUrl);
    await expectAdvance(shaka.page, 3);
    const playback = await shaka.describe();
    await shaka.close();
    expect(playback.errors).toEqual([]);
    expect(playback.isLive).toBe(true);
    expect([...playback.heights].sort((a, b) => b - a)).toEqual(heights);
  }, 90_000);

  it('lets a viewer rewind and stay behind, at the speed of the picture', async () => {
    // Farther back than live playback may fall.
    await untilSegments(16, 1);
    const watching = await openWatchPage(browser, account.watchUrl(streamId));
    await watching.firstShown('hls');
    await watching.page.getByRole('button', { name: 'Rewind' }).click();
    await watching.page.getByRole('button', { name: 'Go live' }).waitFor();
    await poll(
      async () => {
        await watching.page.evaluate("document.querySelector('video').currentTime = 1");
        const now = await position(watching.page);
        if (now < 1 || now > 2) throw new Error(`it stands at ${now}`);
      },
      { what: 'the first second', deadlineMs: 10_000 },
    );
    for (let second = 0; second < 8; second += 1) {
      await watching.page.waitForTimeout(1_000);
      expect(await watching.page.evaluate("document.querySelector('video').playbackRate")).toBe(1);
    }
    expect(await position(watching.page)).toBeLessThan(11);
    const { problems } = await watching.takeRecord();
    await watching.close();
    expect([...problems, ...watching.errors]).toEqual([]);
  }, 120_000);

  it('plays in ffmpeg, which ffplay is', async () => {
    const { hlsUrl } = await account.playback(streamId);
    const { streams } = await probe(hlsUrl);
    const codecs = streams.map(({ codec_name }) => codec_name);
    // Not their heights: a machine short of processor serves a rendition by a smaller one.
    expect(codecs.filter((codec) => codec === 'h264')).toHaveLength(heights.length);
    expect(new Set(codecs)).toEqual(new Set(['h264', 'aac']));
    const { stderr } = await runMediaTool('ffmpeg', ['-v', 'error', '-i', hlsUrl, '-t', '4', '-f', 'null', '-']);
    expect(stderr).toBe('');
  }, 90_000);

  afterAll(async () => {
    await stop();
    await account.untilEnded(streamId);
  }, 120_000);
});

describe('the replay of a stream', () => {
  /** Where the second encoder begins. */
  let breakSeconds: number;
  let totalSeconds: number;
  let dvrUrl: string;

  beforeAll(async () => {
    ({ dvrUrl } = await account.playback(streamId));
    const segments = await poll(
      async () => {
        const [playlist] = Object.values(await readPresentation(dvrUrl));
        if (!playlist?.ended) throw new Error('it has no end');
        return playlist.segments;
      },
      { what: 'a complete replay', deadlineMs: 30_000 },
    );
    const sum = (until: number) => segments.slice(0, until).reduce((total, { seconds }) => total + seconds, 0);
    breakSeconds = sum(segments.findIndex(({ discontinuity }) => discontinuity));
    totalSeconds = sum(segments.length);
  }, 60_000);

  const state = (page: Page) =>
    page.evaluate<{ duration: number; ended: boolean }>(
      "(({ duration, ended }) => ({ duration, ended }))(document.querySelector('video'))",
    );

  /** From before the break past it, then the end. */
  async function expectPlayback(page: Page): Promise<void> {
    const seek = (seconds: number) => page.evaluate(`document.querySelector('video').currentTime = ${seconds}`);
    await seek(breakSeconds - 1);
    await poll(
      async () => {
        const now = await position(page);
        if (now < breakSeconds + 1) throw new Error(`it stands at ${now}, the break is at ${breakSeconds}`);
      },
      { what: 'playback past the break', deadlineMs: 30_000 },
    );
    expect(Math.abs((await state(page)).duration - totalSeconds)).toBeLessThan(0.5);
    await seek(totalSeconds - 1);
    await poll(
      async () => {
        if (!(await state(page)).ended) throw new Error(`it stands at ${await position(page)} of ${totalSeconds}`);
      },
      { what: 'the end', deadlineMs: 30_000 },
    );
  }

  it('plays in hls.js, across the break and to the end', async () => {
    const watching = await openWatchPage(browser, account.watchUrl(streamId));
    await watching.firstShown('hls');
    await expectPlayback(watching.page);
    const { problems } = await watching.takeRecord();
    await watching.close();
    expect([...problems, ...watching.errors]).toEqual([]);
  }, 90_000);

  it('plays in Shaka Player, across the break and to the end', async () => {
    const shaka = await playInShaka(browser, platform.baseUrl, dvrUrl, 0);
    await expectAdvance(shaka.page, 1);
    await expectPlayback(shaka.page);
    const { errors, isLive } = await shaka.describe();
    await shaka.close();
    expect(errors).toEqual([]);
    expect(isLive).toBe(false);
  }, 90_000);

  it('plays in ffmpeg without a complaint', async () => {
    const { format } = await probe(dvrUrl);
    expect(Math.abs(Number(format.duration) - totalSeconds)).toBeLessThan(0.5);
    expect(await playbackComplaints(dvrUrl)).toEqual([]);
  }, 90_000);
});
