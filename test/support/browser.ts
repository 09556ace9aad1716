import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

import { commandPath } from './requirements.ts';

/** Starts Debian's Chromium without a window. It sends no requests except for the opened pages. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = commandPath('chromium');
  if (executablePath === undefined) {
    throw new Error('chromium is not installed');
  }
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
