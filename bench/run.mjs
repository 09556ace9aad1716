// Bundles a benchmark and runs it: `npm run bench`.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

import { build } from 'esbuild';

mkdirSync('.cache', { recursive: true });
const folder = mkdtempSync(join(process.cwd(), '.cache', 'bench-'));
try {
  const outfile = join(folder, 'kernel-log.mjs');
  await build({
    entryPoints: ['bench/kernel-log.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
  });
  await import(pathToFileURL(outfile));
} finally {
  rmSync(folder, { recursive: true });
}
