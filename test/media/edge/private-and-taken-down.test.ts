import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { poll } from '../../../runtime/local/poll';
import { createMediaCookies } from '../../../runtime/stream/playback/media-cookies';
import { launchBrowser } from '../../e2e/support/browser';
import type { Encoder } from '../../e2e/support/encoder';
import { type RunningPlatform, startPlatform } from '../../e2e/support/platform';
import { fetchMedia, findSegment } from './support/media';
import { Owner } from './support/owner';

/** The running platform, real encoders, a real browser and the three caches: who sees private media, and for how long. */

let platform: RunningPlatform;
let browser: Browser;
const encoders: Encoder[] = [];

beforeAll(async () => {
  platform = await startPlatform(28_000);
  browser = await launchBrowser();
}, 16 * 60_000);

afterAll(async () => {
  await Promise.all(encoders.map((encoder) => encoder.stop()));
  await browser?.close();
  await platform?.stop();
}, 60_000);

async function goLive(owner: Owner): Promise<{ readonly streamId: string; readonly encoder: Encoder }> {
  const encoder = await owner.broadcast();
  encoders.push(encoder);
  return { encoder, streamId: await owner.until('live') };
}

/** A broadcast that is over, and one of its segments in all three caches. */
async function endedBroadcast(owner: Owner): Promise<{ readonly streamId: string; readonly segmentUrl: string }> {
  const { streamId, encoder } = await goLive(owner);
  const segmentUrl = await findSegment(await owner.watch(streamId));
  await encoder.stop();
  await owner.until('ended');
  await expectCached(segmentUrl);
  return { streamId, segmentUrl };
}

async function expectCached(url: string): Promise<void> {
  await fetchMedia(url);
  expect(await fetchMedia(url)).toEqual({ status: 200, cache: 'HIT' });
}

async function expectGone(url: string): Promise<void> {
  await poll(
    async () => {
      const { status } = await fetchMedia(url);
      if (status !== 404) throw new Error(`it answered ${status}`);
    },
    { what: 'the segment going from bucket and caches', deadlineMs: 20_000, intervalMs: 250 },
  );
  // Errors are kept for a second: ask again when that is over, lest an old copy come back from an inner cache.
  await poll(
    async () => {
      const answer = await fetchMedia(url);
      expect(answer.status).toBe(404);
      if (answer.cache !== 'EXPIRED') throw new Error(`the cache said ${answer.cache}`);
    },
    { what: 'an answer that is not the cached error', deadlineMs: 10_000, intervalMs: 300 },
  );
}

interface VideoState {
  readonly seconds: number;
  readonly readyState: number;
  /** Ends of the buffered ranges, from start to end. */
  readonly buffered: readonly number[];
}

const videoState = `(() => {
  const video = document.querySelector('video');
  const ranges = Array.from({ length: video?.buffered.length ?? 0 }, (_, index) => index);
  return {
    seconds: video?.currentTime ?? 0,
    readyState: video?.readyState ?? 0,
    buffered: ranges.flatMap((index) => [video.buffered.start(index), video.buffered.end(index)]),
  };
})()`;

async function expectPlaying(page: Page): Promise<void> {
  await poll(
    async () => {
      const state = await page.evaluate<VideoState>(videoState);
      if (state.seconds < 3) throw new Error(`the video is ${JSON.stringify(state)}`);
    },
    { what: 'three seconds of video', deadlineMs: 90_000, intervalMs: 250 },
  );
}

describe('a private stream', () => {
  const passphrase = 'tulip festival';
  let owner: Owner;
  let streamId: string;

  beforeAll(async () => {
    owner = await Owner.create(platform, 'family');
    const stream = { title: 'Family only', visibility: 'private', passphrase };
    await owner.call('POST', '/api/stream/channels/family/streams', stream);
    ({ streamId } = await goLive(owner));
  }, 180_000);

  it('plays in a browser for whoever knows the passphrase, and shows others nothing', async () => {
    const page = await (await browser.newContext({ baseURL: platform.baseUrl })).newPage();
    const mediaStatus: number[] = [];
    page.on('response', (answer) => {
      if (answer.url().includes('/private/')) mediaStatus.push(answer.status());
    });
    await page.goto(`/watch/${streamId}`);
    await page.getByText('This stream is private').waitFor();
    expect(await page.locator('video').count()).toBe(0);
    await page.getByLabel('Passphrase').fill(passphrase);
    await page.getByRole('button', { name: 'Watch' }).click();
    await expectPlaying(page);
    expect(mediaStatus).toContain(200);
    expect(mediaStatus).not.toContain(403);
  }, 180_000);

  it('plays from a share link', async () => {
    const { url } = await owner.call('POST', `/api/stream/streams/${streamId}/share-links`, {});
    const page = await (await browser.newContext()).newPage();
    await page.goto(url);
    await expectPlaying(page);
  }, 180_000);

  it('lets its segments through three caches to cookies that hold, and to nothing else', async () => {
    const viewing = await owner.watch(streamId);
    expect(viewing.credentials).toBe(true);
    const segment = await findSegment(viewing);
    expect(new URL(segment).pathname).toMatch(/^\/private\//);
    await fetchMedia(segment, viewing.cookie);
    expect(await fetchMedia(segment, viewing.cookie)).toEqual({ status: 200, cache: 'HIT' });
    expect((await fetchMedia(segment)).status).toBe(403);
    expect((await fetchMedia(segment, cookiesOf(streamId, 11))).status).toBe(403);
    expect((await fetchMedia(segment, cookiesOf(streamId, 1))).status).toBe(200);
    expect((await fetchMedia(segment, cookiesOf('st_another', 1))).status).toBe(403);
  }, 60_000);

  it('gives no more cookies to who knew the old passphrase, so that they are out when theirs end', async () => {
    const path = `/api/stream/streams/${streamId}`;
    const { grant } = await owner.call('POST', `${path}/unlock`, { passphrase });
    const ask = () => fetch(`${platform.baseUrl}${path}/playback?grant=${grant}`);
    expect((await ask()).headers.getSetCookie()).toHaveLength(3);
    await owner.call('PATCH', path, { passphrase: 'shut sesame' });
    await poll(
      async () => {
        const answer = await ask();
        if (answer.status !== 403) throw new Error(`it answered ${answer.status}`);
        expect(answer.headers.getSetCookie()).toEqual([]);
      },
      // The answer may come from a replica.
      { what: 'the old grant being refused', deadlineMs: 5_000, intervalMs: 100 },
    );
  }, 60_000);

  /** Made by the platform's own key and signer, as they were so many minutes ago. */
  function cookiesOf(id: string, minutesAgo: number): string {
    const keyFile = join(platform.dataDirectory, 'secrets/media-signing-key.json');
    const signer = createMediaCookies({ keyFile, mediaBaseUrl: platform.baseUrl, domain: undefined, secure: false });
    return signer
      .open({ region: 'us-east-1', streamId: id, mediaAccess: 'signed' }, new Date(Date.now() - minutesAgo * 60_000))
      .map((line) => line.split(';')[0])
      .join('; ');
  }
});

describe('taking down through three caches', () => {
  it('a deleted stream', async () => {
    const owner = await Owner.create(platform, 'deleter');
    const { streamId, segmentUrl } = await endedBroadcast(owner);
    await owner.call('DELETE', `/api/stream/streams/${streamId}`);
    await expectGone(segmentUrl);
  }, 180_000);

  it('a stream that is made private', async () => {
    const owner = await Owner.create(platform, 'hider');
    const { streamId, segmentUrl } = await endedBroadcast(owner);
    await owner.call('PATCH', `/api/stream/streams/${streamId}`, { visibility: 'private' });
    await expectGone(segmentUrl);
  }, 180_000);

  it('a deleted channel, and an account with another one', async () => {
    const channelOwner = await Owner.create(platform, 'closer');
    const first = await endedBroadcast(channelOwner);
    await channelOwner.call('DELETE', '/api/stream/channels/closer');
    await expectGone(first.segmentUrl);

    const leaver = await Owner.create(platform, 'leaver');
    const second = await endedBroadcast(leaver);
    await leaver.deleteAccount();
    await expectGone(second.segmentUrl);
  }, 300_000);
});
