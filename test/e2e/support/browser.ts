import { type Browser, chromium } from 'playwright-core';
import { resolveServer } from '../../../runtime/local/provision/resolve';
import { servers } from '../../../runtime/local/provision/table';

/** Headless Chromium with the flags that a closed machine and a root user need. */
export async function launchBrowser(): Promise<Browser> {
  const resolved = await resolveServer(servers.chromium, () => undefined);
  if (resolved.kind !== 'installed') throw new Error('Chromium is a program, not a URL');
  return chromium.launch({
    executablePath: resolved.installation.command(servers.chromium.program).file,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--autoplay-policy=no-user-gesture-required',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
    ],
  });
}
