// Bundles benchmarks and runs them one after the other: `npm run bench -- [NAME...] [--quick]`.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

import { build } from 'esbuild';

/** Programs that benchmarks start inside a network namespace. */
const inner = ['side-by-side', 'soak-inside', 'load-inside'];
const all = ['kernel-log', 'compare', 'load', 'soak', 'mesh', 'wire', 'dashboard-cost'];
const byDefault = ['compare', 'kernel-log'];

const { positionals: chosen } = parseArgs({ allowPositionals: true, strict: false });
const unknown = chosen.find((name) => !all.includes(name));
if (unknown !== undefined) {
  console.error(`expected a benchmark (${all.join(', ')}), got ${JSON.stringify(unknown)}`);
  process.exit(2);
}

// Files of the benchmarks are removed when the process exits, also on signals.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
process.once('SIGHUP', () => process.exit(129));

mkdirSync('.cache', { recursive: true });
const folder = mkdtempSync(join(process.cwd(), '.cache', 'bench-'));
process.once('exit', () => {
  rmSync(folder, { recursive: true, force: true });
});
await build({
  entryPoints: [...all, ...inner].map((name) => `bench/${name}.ts`),
  outdir: folder,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
});
for (const name of chosen.length > 0 ? chosen : byDefault) {
  console.log(`\n== ${name}`);
  await import(pathToFileURL(join(folder, `${name}.mjs`)));
}
