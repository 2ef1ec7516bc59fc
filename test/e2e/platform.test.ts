import type { Browser, BrowserContext, Page } from 'playwright-core';
import { poll } from '../../runtime/local/poll';
import { launchBrowser } from './support/browser';
import { type Encoder, pushRtmp, pushWhip } from './support/encoder';
import { type RunningPlatform, startPlatform } from './support/platform';

/** The product as its users meet it: the platform of `npm start`, a real encoder, two real browser pages. */

const portBase = 26_000;
let platform: RunningPlatform;
let browser: Browser;
const encoders: Encoder[] = [];
const contexts: BrowserContext[] = [];

beforeAll(async () => {
  platform = await startPlatform(portBase);
  browser = await launchBrowser();
}, 16 * 60_000);

afterAll(async () => {
  await Promise.all(encoders.map((encoder) => encoder.stop()));
  await browser?.close();
  await platform?.stop();
}, 60_000);

async function broadcast(start: Promise<Encoder>): Promise<Encoder> {
  const encoder = await start;
  encoders.push(encoder);
  return encoder;
}

/** A browser page of its own, with console errors kept: a page that logs one fails its test. */
async function openPage(): Promise<{ page: Page; errors: string[] }> {
  const context = await browser.newContext({ baseURL: platform.baseUrl, viewport: { width: 1_440, height: 860 } });
  contexts.push(context);
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy/.test(message.text())) errors.push(message.text());
  });
  return { page, errors };
}

async function signIn(page: Page): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('E-mail address or handle').fill(platform.account.email);
  await page.getByLabel('Password').fill(platform.account.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'Studio', exact: true }).waitFor();
}

async function signUp(page: Page, handle: string): Promise<void> {
  await page.goto('/sign-up');
  await page.getByLabel('E-mail address').fill(`${handle}@example.test`);
  await page.getByLabel('Handle').fill(handle);
  await page.getByLabel(/^Password/).fill('a rather long pass phrase for tests');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('link', { name: 'Studio', exact: true }).waitFor();
}

interface Picture {
  readonly seconds: number;
  readonly brightest: number;
}

/** Position and brightest sample of the picture now on screen; same-origin media keeps the canvas readable. */
function readPicture(page: Page): Promise<Picture> {
  return page.evaluate(() => {
    const video = document.querySelector('video');
    if (!video || video.videoWidth === 0) return { seconds: 0, brightest: 0 };
    const canvas = document.createElement('canvas');
    canvas.width = 32;
    canvas.height = 18;
    const context = canvas.getContext('2d');
    context?.drawImage(video, 0, 0, 32, 18);
    const samples = context?.getImageData(0, 0, 32, 18).data ?? new Uint8ClampedArray();
    return { seconds: video.currentTime, brightest: Math.max(...samples.filter((_, index) => index % 4 !== 3)) };
  });
}

async function expectMovingPicture(page: Page): Promise<void> {
  const first = await poll(
    async () => {
      const picture = await readPicture(page);
      if (picture.brightest < 64) throw new Error(`the brightest sample is ${picture.brightest}`);
      return picture;
    },
    { what: 'a picture that is not black', deadlineMs: 60_000, intervalMs: 250 },
  );
  await poll(
    async () => {
      const { seconds } = await readPicture(page);
      if (seconds < first.seconds + 2) throw new Error(`it stands at ${seconds} s`);
    },
    { what: 'two more seconds of video', deadlineMs: 20_000, intervalMs: 250 },
  );
}

/** The stream that the home page shows, once it does. */
async function openLiveStream(page: Page): Promise<void> {
  await poll(
    async () => {
      await page.goto('/');
      await page.locator('.channel-card').first().waitFor({ timeout: 2_000 });
    },
    { what: 'a live channel on the home page', deadlineMs: 60_000, intervalMs: 500 },
  );
  await page.locator('.channel-card').first().click();
}

describe('a broadcast by RTMP', () => {
  beforeAll(async () => {
    await broadcast(pushRtmp(`${platform.rtmpUrl}/${platform.streamKey}`));
  });

  it('plays in a browser: the position advances and the picture is not black', async () => {
    const { page, errors } = await openPage();
    await openLiveStream(page);
    await expectMovingPicture(page);
    expect(errors).toEqual([]);
  }, 180_000);

  it('is counted: the watch page shows its viewers', async () => {
    const { page } = await openPage();
    await openLiveStream(page);
    await page.getByText(/\d+ viewers?/).waitFor({ timeout: 30_000 });
  }, 120_000);

  it('carries chat: what one page writes appears in the other', async () => {
    const { page: writer } = await openPage();
    const { page: reader } = await openPage();
    await signUp(writer, 'chatty');
    await openLiveStream(writer);
    await openLiveStream(reader);
    const text = `hello from ${Date.now()}`;
    await writer.getByLabel('Message').fill(text);
    await writer.getByRole('button', { name: 'Send' }).click();
    await reader.locator('.chat .lines').getByText(text).waitFor({ timeout: 15_000 });
  }, 120_000);

  it('shows its health in the studio', async () => {
    const { page } = await openPage();
    await signIn(page);
    await page.goto('/studio');
    await page.getByText('On air.').waitFor({ timeout: 30_000 });
  }, 60_000);

  it('plays over WebRTC when the viewer asks for the lowest latency, and goes back to HLS', async () => {
    const { page, errors } = await openPage();
    await openLiveStream(page);
    await page.locator('.player').hover();
    await page.getByRole('button', { name: 'Normal latency' }).click();
    await poll(
      async () => {
        if (!(await page.evaluate(() => document.querySelector('video')?.srcObject))) throw new Error('no room yet');
      },
      { what: 'a picture from the room', deadlineMs: 30_000, intervalMs: 250 },
    );
    await expectMovingPicture(page);
    await page.getByRole('button', { name: 'Ultra-low latency' }).click();
    await expectMovingPicture(page);
    expect(await page.evaluate(() => document.querySelector('video')?.srcObject)).toBeNull();
    expect(errors).toEqual([]);
  }, 180_000);

  it('refuses a second encoder with a reason', async () => {
    const encoder = await broadcast(pushRtmp(`${platform.rtmpUrl}/${platform.streamKey}`));
    expect(await encoder.ended).not.toBe(0);
    expect(encoder.output()).toMatch(/already|another encoder/i);
  }, 60_000);
});

describe('a stream key', () => {
  it('that is wrong is refused with a reason', async () => {
    const encoder = await broadcast(pushRtmp(`${platform.rtmpUrl}/hk_wrong_key`));
    expect(await encoder.ended).not.toBe(0);
    expect(encoder.output()).toMatch(/stream key is wrong/i);
  }, 60_000);

  it('made in the studio works, and ends its broadcast when it is revoked', async () => {
    const { page } = await openPage();
    await signUp(page, 'keyholder');
    await page.goto('/studio');
    await page.getByLabel('Title').fill('Key holder');
    await page.getByRole('button', { name: 'Create channel' }).click();
    await page.getByRole('button', { name: 'New key' }).click();
    const key = await page.getByLabel('Stream key', { exact: true }).inputValue();
    const encoder = await broadcast(pushRtmp(`${platform.rtmpUrl}/${key}`));
    await page.getByText('On air.').waitFor({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Revoke' }).click();
    const revokedAt = Date.now();
    await encoder.ended;
    expect(Date.now() - revokedAt).toBeLessThan(4_000);

    const again = await broadcast(pushRtmp(`${platform.rtmpUrl}/${key}`));
    expect(await again.ended).not.toBe(0);
    expect(again.output()).toMatch(/revoked/i);
  }, 180_000);
});

describe('a broadcast by WHIP', () => {
  it('with the same kind of key becomes HLS in a browser', async () => {
    const { page } = await openPage();
    await signUp(page, 'whipper');
    await page.goto('/studio');
    await page.getByLabel('Title').fill('Whipper');
    await page.getByRole('button', { name: 'Create channel' }).click();
    await page.getByRole('button', { name: 'New key' }).click();
    const key = await page.getByLabel('Stream key', { exact: true }).inputValue();
    await broadcast(pushWhip(platform.whipUrl, key));
    await page.getByText('On air.').waitFor({ timeout: 60_000 });
    await page.getByRole('link', { name: 'Watch page' }).click();
    await expectMovingPicture(page);
  }, 240_000);
});
