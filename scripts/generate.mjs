// Writes what is generated from the code: `npm run docs`, `npm run dashboards`.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

import { build } from 'esbuild';

const bundle = join('.cache', `generate-${process.pid}.mjs`);
mkdirSync('.cache', { recursive: true });
try {
  await build({
    entryPoints: ['scripts/pages/index.ts'],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
  });
  const { generated } = await import(pathToFileURL(bundle));
  for (const name of process.argv.slice(2)) {
    for (const [file, text] of generated[name]()) {
      writeFileSync(file, text);
    }
  }
} finally {
  rmSync(bundle, { force: true });
}
