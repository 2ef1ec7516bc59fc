import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';

const library = require.resolve('shaka-player/dist/shaka-player.compiled.js');
const html = readFileSync(join(__dirname, 'shaka-page.html'), 'utf8');

export interface ShakaPlayback {
  readonly errors: readonly string[];
  readonly isLive: boolean;
  readonly heights: readonly number[];
}

export interface ShakaPage {
  readonly page: Page;
  describe(): Promise<ShakaPlayback>;
  /** Whether there are captions in that language. */
  showCaptions(language: string): Promise<boolean>;
  close(): Promise<void>;
}

/** Plays a presentation in Shaka Player, on a page of ours at the platform's own origin: media is for its pages only. */
export async function playInShaka(
  browser: Browser,
  baseUrl: string,
  url: string,
  startSeconds: number | null = null,
): Promise<ShakaPage> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.route('**/players/shaka', (route) => route.fulfill({ contentType: 'text/html', body: html }));
  await page.route('**/players/shaka-player.js', (route) =>
    route.fulfill({ contentType: 'text/javascript', path: library }),
  );
  await page.goto(`${baseUrl}/players/shaka`);
  await page.evaluate(`play(${JSON.stringify(url)}, ${startSeconds})`);
  return {
    page,
    describe: () => page.evaluate<ShakaPlayback>('describePlayback()'),
    showCaptions: (language) => page.evaluate<boolean>(`showCaptions(${JSON.stringify(language)})`),
    close: () => context.close(),
  };
}
