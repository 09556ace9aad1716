import { mkdtempSync } from 'node:fs';

/**
 * Makes a directory beside the bundled benchmark, and so in a place that run.mjs removes however the benchmark ends:
 * one that is killed cannot tidy up after itself.
 */
export function temporaryDirectory(): string {
  return mkdtempSync(new URL('state-', import.meta.url).pathname);
}
