import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { buildSync } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { poll } from '../../runtime/local/poll';

/** From pointing at a button to pressing it. */
const hoverMs = 200;

export type Transport = 'hls' | 'webrtc';

export interface Sample {
  readonly transport: Transport;
  /** When the picture was shown and when it was made, by the one clock of this machine. */
  readonly shownMs: number;
  readonly madeMs: number;
}

/** What a page saw since it was last asked. */
export interface BrowserRecord {
  readonly samples: readonly Sample[];
  readonly freezes: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** Media errors, and sentences that the player showed over its picture. */
  readonly problems: readonly string[];
  /** Pictures shown without a code in them. */
  readonly unreadable: number;
  /** When the newest picture was shown. */
  readonly newestMs: number | undefined;
  readonly firstShownMs: Readonly<Partial<Record<Transport, number>>>;
  /** Start of the navigation. */
  readonly openedMs: number;
}

export interface WatchPage {
  readonly page: Page;
  /** Exceptions that nothing in the page caught. */
  readonly errors: readonly string[];
  takeRecord(): Promise<BrowserRecord>;
  /** Waits until a transport has shown a picture, and returns when that was. */
  firstShown(transport: Transport): Promise<number>;
  /** Changes to WebRTC as a viewer does. Returns when the button was pressed. */
  changeToWebRtc(): Promise<number>;
  close(): Promise<void>;
}

const reader = buildSync({
  entryPoints: [join(__dirname, 'in-browser.ts')],
  bundle: true,
  format: 'iife',
  target: 'chrome120',
  write: false,
}).outputFiles[0]?.text as string;

/** Opens a watch page with a cold cache, with the time-code reader in it. */
export async function openWatchPage(browser: Browser, url: string): Promise<WatchPage> {
  const context = await browser.newContext({ viewport: { width: 1_440, height: 860 } });
  await context.addInitScript({ content: reader });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(url, { waitUntil: 'commit' });
  const takeRecord = () => page.evaluate<BrowserRecord>('headendBench.takeRecord()');
  return {
    page,
    errors,
    takeRecord,
    firstShown: (transport) =>
      poll(
        async () => {
          const { firstShownMs, newestMs, unreadable } = await takeRecord();
          const shown = firstShownMs[transport];
          if (shown === undefined) {
            const message = await page
              .locator('.player .message')
              .textContent({ timeout: 100 })
              .catch(() => 'none');
            const pictures = newestMs === undefined ? 'no picture' : `${unreadable} pictures without a code`;
            throw new Error(`${pictures}, message: ${message}, exceptions: ${errors.join('; ') || 'none'}`);
          }
          return shown;
        },
        { what: `a picture by ${transport}`, deadlineMs: 60_000, intervalMs: 500 },
      ),
    async changeToWebRtc() {
      const button = page.getByRole('button', { name: 'Normal latency' });
      await button.hover();
      await pause(hoverMs);
      const pressedMs = Date.now();
      await button.dispatchEvent('click');
      return pressedMs;
    },
    close: () => context.close(),
  };
}
