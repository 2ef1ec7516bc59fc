import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { poll } from '../../runtime/local/poll';
import { launchBrowser } from './support/browser';
import { type RunningPlatform, startPlatform } from './support/platform';

/** `npm run docs:images`: the pictures in the README and the tutorial, taken from the running product. */

const directory = resolve(__dirname, '../../docs/images');
const portBase = 26_100;
const password = 'a rather long pass phrase for pictures';

async function openPage(browser: Browser, { baseUrl }: RunningPlatform): Promise<Page> {
  const context = await browser.newContext({
    baseURL: baseUrl,
    viewport: { width: 1_440, height: 800 },
    colorScheme: 'dark',
  });
  return context.newPage();
}

async function signUp(page: Page, handle: string): Promise<void> {
  await page.goto('/sign-up');
  await page.getByLabel('E-mail address').fill(`${handle}@example.test`);
  await page.getByLabel('Handle').fill(handle);
  await page.getByLabel(/^Password/).fill(password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('link', { name: 'Studio', exact: true }).waitFor();
}

async function signIn(page: Page, { account }: RunningPlatform): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('E-mail address or handle').fill(account.email);
  await page.getByLabel('Password').fill(account.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'Studio', exact: true }).waitFor();
}

async function watch(page: Page): Promise<void> {
  await page.goto('/');
  await page.locator('.channel-card').first().click({ timeout: 60_000 });
  await poll(
    async () => {
      const seconds = await page.evaluate(() => document.querySelector('video')?.currentTime ?? 0);
      if (seconds < 3) throw new Error(`it stands at ${seconds} s`);
    },
    { what: 'three seconds of video', deadlineMs: 60_000, intervalMs: 250 },
  );
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message').fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
  await page.locator('.chat .lines').getByText(text).waitFor();
}

async function main(): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const platform = await startPlatform(portBase, ['--demo']);
  const browser = await launchBrowser();
  try {
    const [broadcaster, first, second] = await Promise.all([1, 2, 3].map(() => openPage(browser, platform)));
    if (!broadcaster || !first || !second) throw new Error('no pages');
    await signIn(broadcaster, platform);
    await signUp(first, 'marta');
    await signUp(second, 'jonas');
    for (const page of [broadcaster, first, second]) await watch(page);
    await say(first, 'Evening! Picture is clean here.');
    await say(second, 'Latency under seven seconds on my side');
    await say(broadcaster, 'Welcome. Bars and tone for two minutes, then we start.');
    await say(first, 'Rewind works too.');
    await broadcaster.getByText('3 viewers').waitFor({ timeout: 60_000 });
    await broadcaster.screenshot({ path: join(directory, 'watch.png') });
    await broadcaster.goto('/studio');
    await broadcaster.getByText('On air.').waitFor();
    await broadcaster.getByText('Real-time factor').waitFor();
    await broadcaster.screenshot({ path: join(directory, 'studio.png') });
    console.log(`took watch.png and studio.png into ${directory}`);
  } finally {
    await browser.close();
    await platform.stop();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
