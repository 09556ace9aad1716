// Bundles the tests in virtual machines and runs them: `npm run test:vm -- [--kernel=6.1] [--case=NAME]`.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

import { build } from 'esbuild';

// Machines and files are removed when the process exits, also on signals.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
process.once('SIGHUP', () => process.exit(129));

mkdirSync('.cache', { recursive: true });
const folder = mkdtempSync(join(process.cwd(), '.cache', 'vm-run-'));
process.once('exit', () => {
  rmSync(folder, { recursive: true, force: true });
});
const outfile = join(folder, 'main.mjs');
await build({
  entryPoints: ['test/vm/main.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
});
await import(pathToFileURL(outfile));
